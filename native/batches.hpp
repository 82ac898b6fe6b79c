// From the caller's rows to a packed batch: rows by index, weights, dropout's masks.
#pragma once

#include <algorithm>
#include <cmath>

#include "words.hpp"

namespace glassnet {

// Rows of x into rows `some` of the batch: those numbered in `rows`, or else rows some + shift.
template <class T>
void Session<T>::gather(const Rows<T>& x, const std::int64_t* rows, Span some, Size shift) {
    Layer<T>& in = layers_[0];
    const int whole = in.units / n_, rest = in.units % n_;
    const bool scaled = !design_.mean.empty();
    if (x.indptr) {  // zeros in their places: the sums are those of the dense rows, to the bit
        for (int p = 0; p < in.panels; p++)
            std::fill_n(in.a + p * in.stride + Size(some.first) * n_, Size(some.count()) * n_, T(0));
        if (rest && feeds_bias(0))
            for (int m = some.first; m < some.last; m++) in.a[whole * in.stride + Size(m) * n_ + rest] = 1;
    }
    for (int m = some.first; m < some.last; m++) {
        const Size row = rows ? rows[m] : m + shift;
        T* to = in.a + Size(m) * n_;
        if (x.indptr) {
            for (auto k = x.indptr[row]; k < x.indptr[row + 1]; k++)
                to[x.indices[k] / n_ * in.stride + x.indices[k] % n_] += x.x[k];
            continue;
        }
        const T* from = x.x + row * x.stride;
        k_->copy_row(from, to, in.stride, in.units);
        if (scaled)
            for (int k = 0; k < in.units; k++) {
                T& v = to[k / n_ * in.stride + k % n_];
                v = (v - T(design_.mean[k])) / T(design_.scale[k]);
            }
    }
}

template <class T>
void Session<T>::gather_targets(const std::int64_t* rows, Span some) {
    const Layer<T>& out = layers_[depth()];
    for (int m = some.first; m < some.last; m++) {
        const T* from = y_ + rows[m] * out.units;
        if (out.head) y_packed_[m] = *from;
        else
            for (const Head<T>& h : heads_)
                for (int i = 0; i < out.members; i++)
                    k_->copy_row(from + h.first_unit,
                                 y_packed_ + h.first_panel * out.stride + Size(m * out.members + i) * n_,
                                 out.stride, h.units);
    }
}

// The weights of some of a batch's rows; those of the global batch sum to 1. Returns what they summed
// to before.
template <class T>
double Session<T>::weigh_rows(const std::int64_t* rows, const Pass& pass) {
    const int count = pass.rows;
    const Span some = pass.mine;
    if (some.last == count) std::fill(weights_ + count, weights_ + (count + n_ - 1) / n_ * n_, T(0));
    double total = 0;
    if (pass.share) total = pass.share->weight_sum;
    else if (!w_) total = count;
    else
        for (int m = 0; m < count; m++) total += double(w_[rows[m]]);
    if (!w_) std::fill_n(weights_ + some.first, some.count(), T(1.0 / total));
    else
        for (int m = some.first; m < some.last; m++)
            weights_[m] = total > 0 ? T(w_[rows[m]] / T(total)) : w_[rows[m]];
    if (const int k = layers_.back().members; k > 1)
        for (int m = some.first; m < some.last; m++)
            std::fill_n(copy_weights_ + Size(m) * k, k, weights_[m] / T(k));
    return total;
}

template <class T>
void Session<T>::draw_mask(Layer<T>& layer, int number, const Pass& pass) {
    constexpr std::uint32_t dropout = 1u << 28;
    const double rate = layer.design->dropout * pass.dropout;
    const Dropout<T> drawn{design_.seed,
                           std::uint32_t(pass.t),
                           dropout | std::uint32_t(number) << 16,
                           std::uint32_t(rate * 4294967296.0),
                           std::uint32_t((pass.share ? pass.share->first_row : 0) * layer.members),
                           T(1 / (1 - rate))};
    const Span mine = rows_of(layer, pass);
    k_->draw_mask(drawn, layer.mask, layer.stride, layer.panels, mine.first, mine.count());
}

}  // namespace glassnet
