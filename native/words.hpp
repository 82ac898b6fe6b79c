// Where a session turns to the kernels of bfloat16 products, and the copies that these need.
#pragma once

#include <type_traits>

#include "layout.hpp"
#include "pairs.hpp"

namespace glassnet {

template <class T>
void Session<T>::lay_out_words(Layer<T>& layer) {
    const auto stride = [&](int words) { return padded(words, n_ * Size(sizeof(T))) * n_; };
    Copies<T>& c = layer.copies;
    c.pairs_stride = stride((layer.w.rows + 1) / 2);
    layer.pairs = Numbers<T>(layer.panels * c.pairs_stride);
    c.pairs = layer.pairs;
    if (!layer.transposed.get()) return;
    const int inputs = (layer.inputs + n_ - 1) / n_;
    c.transposed_pairs_stride = stride(layer.panels * n_ / 2);
    layer.transposed_pairs = Numbers<T>(inputs * c.transposed_pairs_stride);
    c.transposed_pairs = layer.transposed_pairs;
}

template <class T>
void Session<T>::pair(const Layer<T>& layer, const T* from, T* columns, T* rows, int panels,
                      Span some) const {
    if constexpr (std::is_same_v<T, float>) {
        const Extent e{some.count(), panels, layer.stride, layer.units, -1};
        const Size at = Size(some.first) * n_;
        if (columns) pairs_->pair_columns(from + at, columns + at, e);
        if (rows) pairs_->pair_rows(from + at, rows + at / 2, layer.stride, e);
    }
}

// The words of a layer's outputs, the column of ones included, or of its deltas.
template <class T>
void Session<T>::pair_outputs(const Layer<T>& layer, Span some) const {
    const int columns = layer.units + (feeds_bias(int(&layer - layers_.data())) ? 1 : 0);
    if (pairs_) pair(layer, layer.a, layer.a_columns, layer.a_rows, (columns + n_ - 1) / n_, some);
}
template <class T>
void Session<T>::pair_deltas(const Layer<T>& layer, Span some) const {
    if (pairs_ && !layer.head)
        pair(layer, layer.delta, layer.delta_columns, layer.delta_rows, layer.panels, some);
}

template <class T>
void Session<T>::multiply(const Product<T>& product, bool words) const {
    if constexpr (std::is_same_v<T, float>)
        if (words) return pairs_->multiply(product);
    k_->multiply(product);
}

template <class T>
void Session<T>::multiply_gradient(const Gradient<T>& g) const {
    if constexpr (std::is_same_v<T, float>)
        if (pairs_) return pairs_->gradient(g);
    k_->gradient(g);
}

template <class T>
void Session<T>::copy_weights(const Layer<T>& layer, int panel, Span units) const {
    if constexpr (std::is_same_v<T, float>)
        if (pairs_) return pairs_->copy_weights(layer.w, layer.copies, panel, units.first, units.count());
    k_->copy_weights(layer.w, layer.copies, panel, units.first, units.count());
}

}  // namespace glassnet
