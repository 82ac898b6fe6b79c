// Panels of a batch matrix by themselves: products over the blocks of a layer, and copies.
#pragma once

#include "batches.hpp"

namespace glassnet {

// A product of which each panel of c has an inner stretch of its own.
template <class T>
void Session<T>::multiply_blocks(const Product<T>& product, const std::vector<Span>& reach) const {
    const int panels = int(reach.size());
    for (int p = 0; p < panels; p++) {
        const Size first = reach[p].first;
        Product<T> part = product;
        part.a += first / n_ * product.a_stride;
        part.w += p * product.w_stride + first * n_;
        part.c += p * product.c_stride;
        if (part.where) part.where += p * product.c_stride;
        part.inner = reach[p].count(), part.panels = 1;
        part.half = product.half && p + 1 == panels;
        multiply(part, false);
    }
}

template <class T>
void Session<T>::copy_panels(const Layer<T>& layer, const T* from, T* to, Span rows) const {
    for (int p = 0; p < layer.panels; p++) {
        const Size at = p * layer.stride + Size(rows.first) * n_;
        std::copy_n(from + at, Size(rows.count()) * n_, to + at);
    }
}

}  // namespace glassnet
