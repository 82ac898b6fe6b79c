// Layers with members in a session: what they add to a pass, and the gradients of r, s and b.
//
// A part works on its rows some at a time, so that what it makes of their copies stays in the second
// cache. Sums over the rows of a member are made by pieces of 16 rows of the batch, which belong to
// one part, and the pieces are added up in their order: neither depends on the threads.
#pragma once

#include <algorithm>

#include "words.hpp"

namespace glassnet {

// What layers with members need beside.
template <class T>
void Session<T>::reserve_copies(Layer<T>& layer, int panels_below) {
    layer.u = Numbers<T>((panels_below + 1) * layer.stride);
    layer.of_p = Numbers<T>((layer.panels + 1) * layer.stride);
    const int present = (rows_at_once() * layer.members + 15) / 16 * 16 * std::max(1, design_.threads);
    layer.present = padded(present, n_ * Size(sizeof(T))) * n_;
    layer.p = Numbers<T>((layer.panels + 1) * layer.present);
    layer.of_u = Numbers<T>((panels_below + 1) * layer.present);
    const Size pieces = (capacity_ + piece - 1) / piece;
    layer.r_sums = Numbers<T>(pieces * layer.r.panels * layer.r.stride);
    for (Numbers<T>* held : {&layer.s_sums, &layer.b_sums})
        *held = Numbers<T>(pieces * layer.s.panels * layer.s.stride);
    layer.w_sums = Numbers<T>(layer.w.panels * layer.w.stride);
}

// A panel of r, s or b: a row for each member.
template <class T>
Sharing<T> Session<T>::sharing(const Layer<T>& layer) const {
    return {layer.design->members, layer.s.stride};
}

// Rows of the batch at a time, in a pass over a batch-ensemble: 128 copies or more, of whole pieces.
template <class T>
int Session<T>::rows_at_once() const {
    int rows = piece;
    while (rows > 1 && rows * layers_.back().members > 256) rows /= 2;
    return rows;
}

// Where a part's present rows lie in a matrix that it need not keep.
template <class T>
T* Session<T>::present(const Layer<T>& layer, T* matrix, const Pass& pass) const {
    return matrix + Size(pass.place) * ((rows_at_once() * layer.members + 15) / 16 * 16) * n_;
}

template <class T>
template <class F>
void Session<T>::go_through_some(const Pass& pass, F go_through) const {
    Pass some = pass;
    for (int m = pass.mine.first, step = rows_at_once(); m < pass.mine.last; m += step) {
        some.mine = {m, std::min(m + step, pass.mine.last)};
        go_through(some);
    }
}

// Where the sums of the piece that begins or goes on at a row of the batch lie; 0 at its beginning.
template <class T>
T* Session<T>::sums_at(const Block<T>& b, Numbers<T>& sums, int row) const {
    const Size count = b.panels * b.stride;
    T* at = sums + row / piece * count;
    if (row % piece == 0) std::fill_n(at, count, T(0));
    return at;
}

template <class T>
void Session<T>::share_forward(Layer<T>& layer, const Pass& pass, T* z) {
    const Layer<T>& below = layers_[&layer - layers_.data() - 1];
    const Span own = rows_of(layer, pass), under = rows_of(below, pass);
    const Extent in{own.count(), below.panels, layer.stride, layer.inputs, -1};
    const Sharing<T> members = sharing(layer);
    T *u = from_row(layer, layer.u, own.first), *p = present(layer, layer.p, pass);
    k_->share_in(members, layer.r.w, from_row(below, below.a, under.first), below.stride,
                 below.members != layer.members, u, in);
    Product<T> product{u, layer.stride, layer.w.w, layer.w.stride, p, layer.present};
    product.inner = layer.inputs, product.panels = layer.panels, product.rows = own.count();
    product.floor = -std::numeric_limits<T>::infinity();
    product.half = pads_half(layer);
    k_->multiply(product);
    k_->share_out(members, layer.s.w, layer.design->bias ? layer.b.w : nullptr, p, layer.present, z,
                  extent(layer, own, false));
}

// From delta of a layer to dJ/da of the one below, if that is wanted.
template <class T>
void Session<T>::share_backward(Layer<T>& layer, const Pass& pass) {
    Layer<T>& below = layers_[&layer - layers_.data() - 1];
    const Span own = rows_of(layer, pass), under = rows_of(below, pass);
    const Sharing<T> members = sharing(layer);
    const auto at = [&](T* matrix) { return from_row(layer, matrix, own.first); };
    T* of_u = present(layer, layer.of_u, pass);
    k_->share_back(members, layer.s.w, at(layer.delta), present(layer, layer.p, pass), layer.present,
                   at(layer.of_p), sums_at(layer.s, layer.s_sums, pass.mine.first),
                   sums_at(layer.s, layer.b_sums, pass.mine.first), extent(layer, own, false));
    Product<T> product{at(layer.of_p), layer.stride, layer.transposed, layer.copies.transposed_stride,
                       of_u,           layer.present};
    product.inner = layer.columns, product.panels = below.panels, product.rows = own.count();
    product.floor = -std::numeric_limits<T>::infinity();
    product.half = pads_half(below);
    k_->multiply(product);
    k_->share_down(members, layer.r.w, of_u, from_row(below, below.a, under.first), below.stride,
                   below.members != layer.members,
                   below.design ? from_row(below, below.delta, under.first) : nullptr,
                   sums_at(layer.r, layer.r_sums, pass.mine.first),
                   {own.count(), below.panels, layer.present, layer.inputs, -1});
}

// The gradient of W by chunks of rows that stay in the caches, and those of r, s and b.
template <class T>
void Session<T>::descend_shared(const Step<T>& step, const Pass& pass, Layer<T>& layer, Span inputs,
                                bool fused, T* bad) {
    Block<T>& w = layer.w;
    const int first = inputs.first * n_, last = std::min(inputs.last * n_, w.rows);
    const int chunk = piece * layer.members, rows = pass.rows * layer.members;
    const Extent e{last - first, w.panels, w.stride, w.panels * n_, -1};
    if (rows == 0)  // of a rank that has none
        for (int p = 0; p < w.panels && inputs.count() > 0; p++)
            std::fill_n(w.g + p * w.stride + Size(first) * n_, Size(last - first) * n_, T(0));
    for (int m = 0; m < rows && inputs.count() > 0; m += chunk) {
        Block<T> to = w;
        if (m) to.g = layer.w_sums;
        Gradient<T> g{from_row(layer, layer.u, m),    layer.stride,
                      from_row(layer, layer.of_p, m), layer.stride,
                      std::min(chunk, rows - m),      to};
        g.half = pads_half(layer), g.first_row = first, g.last_row = last;
        k_->gradient(g);
        if (m) k_->add(to.g + Size(first) * n_, w.g + Size(first) * n_, e);
    }
    if (fused && inputs.count() > 0) {
        update_[plain(step, w)](step, {w, w.g + Size(first) * n_, w.stride, first, last - first, 0, w.panels},
                                bad);
        refresh(layer, inputs, {0, layer.panels});
    }
    if (pass.part.index > 0) return;
    const int pieces = (pass.rows + piece - 1) / piece;
    const auto add_up = [&](Block<T>& b, const Numbers<T>& sums) {
        const Size count = b.panels * b.stride;
        if (pieces == 0) std::fill_n(b.g, count, T(0));
        else std::copy_n(sums.get(), count, b.g);
        for (int i = 1; i < pieces; i++)
            k_->add(sums + i * count, b.g, {int(b.stride / n_), b.panels, b.stride, b.panels * n_, -1});
    };
    add_up(layer.r, layer.r_sums);
    add_up(layer.s, layer.s_sums);
    if (layer.design->bias) add_up(layer.b, layer.b_sums);
}

// The mean over the members of the outputs of some rows.
template <class T>
void Session<T>::copy_means(const Layer<T>& layer, Span rows, T* to) const {
    const int k = layer.members;
    for (int m = rows.first; m < rows.last; m += k)
        for (int j = 0; j < layer.units; j++) {
            const int c = layer.column(j);
            T sum = 0;
            for (int i = 0; i < k; i++) sum += layer.a[c / n_ * layer.stride + Size(m + i) * n_ + c % n_];
            *to++ = sum / T(k);
        }
}

}  // namespace glassnet
