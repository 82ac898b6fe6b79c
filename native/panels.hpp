// Panels of a batch matrix by themselves: the blocks of a layer, products over them, and copies.
#pragma once

#include "batches.hpp"

namespace glassnet {

// Which inputs each panel of units sees, and the other way round: groups are consecutive, so both are
// stretches.
template <class T>
void Session<T>::lay_out_blocks(Layer<T>& layer) {
    const LayerDesign& d = *layer.design;
    const int count = int(d.block_inputs.size());
    if (!count) return;
    const int panels = (layer.columns + n_ - 1) / n_;
    std::vector<Span> seen(std::size_t(panels) * n_, Span{0, 0});  // inputs of each column of units
    layer.reach.assign(panels, Span{layer.inputs, 0});
    layer.reached.assign((layer.inputs + n_ - 1) / n_, Span{layer.columns, 0});
    const auto widen = [&](Span& span, int first, int last) {
        span = {std::min(span.first, first / n_ * n_), std::max(span.last, last)};
    };
    for (int b = 0, input = 0, unit = 0; b < count; b++) {
        const Span inputs{input, input + d.block_inputs[b]};
        for (const int end = unit + d.block_units[b]; unit < end; unit++) {
            const int c = layer.column(unit);
            seen[c] = inputs;
            widen(layer.reach[c / n_], inputs.first, inputs.last);
            for (int q = inputs.first / n_; q * n_ < inputs.last; q++) widen(layer.reached[q], c, c + 1);
        }
        input = inputs.last;
    }
    Size total = 0;
    for (Span& reach : layer.reach) {
        if (reach.last == 0) reach = {0, 0};  // a panel without units
        layer.connected_at.push_back(total);
        total += Size(reach.count()) * n_;
    }
    layer.connected = Numbers<T>(total);
    for (int c = 0; c < panels * n_; c++) {
        T* rows = layer.connected + layer.connected_at[c / n_] + c % n_;
        const int first = layer.reach[c / n_].first;
        for (int k = seen[c].first; k < seen[c].last; k++) rows[Size(k - first) * n_] = 1;
    }
}

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
