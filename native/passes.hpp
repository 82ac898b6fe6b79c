// Forward, loss, backward: the loops over layers of engine/reference.py, for some rows of a batch.
#pragma once

#include "batches.hpp"
#include "copies.hpp"
#include "panels.hpp"
#include "row_clipping.hpp"

namespace glassnet {

// The rows of a batch matrix that a part of a pass works on. The outputs of a head lie one row per
// lane.
template <class T>
Extent Session<T>::extent(const Layer<T>& layer, Span rows, bool ones) const {
    const int l = int(&layer - layers_.data()), count = rows.count();
    if (layer.head) return {1, (count + n_ - 1) / n_, n_, count, -1};
    return {count, layer.panels, layer.stride, layer.columns, ones && feeds_bias(l) ? layer.units : -1};
}
template <class T>
T* Session<T>::from_row(const Layer<T>& layer, T* matrix, int m) const {
    return matrix ? matrix + Size(m) * (layer.head ? 1 : n_) : nullptr;
}

// What entered the activation; its output where the derivative can do with that.
template <class T>
T* Session<T>::scores(const Layer<T>& layer, bool keep) const {
    return layer.design->norm ? layer.z_tilde : layer.keeps_z || keep ? layer.z : layer.a;
}

template <class T>
Extent Session<T>::extent(const Head<T>& head, Span rows) const {
    const Layer<T>& last = layers_[depth()];
    if (last.head) return extent(last, rows, false);
    return {rows.count(), head.panels, last.stride, head.units, -1};
}

template <class T>
void Session<T>::activate(int phi, const T* parameters, const T* z, T* a, const Extent& e) const {
    if (phi < 0) k_->softmax(z, a, e);
    else k_->activate(phi, parameters, z, a, e);
}
template <class T>
void Session<T>::activate(const Layer<T>& layer, const T* z, T* a, const Extent& e) const {
    if (&layer != &layers_[depth()] || layer.head) return activate(layer.phi, layer.parameters, z, a, e);
    for (const Head<T>& h : heads_) {
        const Size at = h.first_panel * layer.stride;
        activate(h.phi, h.parameters, z + at, a + at, {e.rows, h.panels, e.stride, h.units, -1});
    }
}

// g, on entry dJ/da, becomes dJ/dz~.
template <class T>
void Session<T>::derive(int phi, const T* parameters, const T* z, const T* a, T* g, const Extent& e) const {
    if (phi < 0) k_->softmax_back(a, g, e);
    else k_->derive(phi, parameters, z, a, g, e);
}

template <class T>
void Session<T>::forward_pass(const Pass& pass) {
    for (int l = 1; l <= depth(); l++) {
        Layer<T>& layer = layers_[l];
        const Layer<T>& below = layers_[l - 1];
        const LayerDesign& d = *layer.design;
        const Span mine = rows_of(layer, pass);
        const bool fused = layer.plain_relu && !pass.keep;
        const auto at = [&](T* matrix) { return from_row(layer, matrix, mine.first); };
        const T* input = from_row(below, below.a, mine.first);
        const Extent e = extent(layer, mine, true);
        T* z = at(fused || !(layer.keeps_z || pass.keep) ? layer.a : layer.z);
        if (layer.shared()) {
            share_forward(layer, pass, z);
        } else if (layer.head) {
            const T bias = d.bias ? layer.w.w[Size(layer.w.weight_rows) * n_] : T(0);
            k_->head_forward(input, below.stride, layer.w.w, bias, z, layer.w.weight_rows, mine.count());
        } else {
            const bool words = pairs_ && pass.training;
            Product<T> product{input, below.stride, layer.w.w, layer.w.stride, z, layer.stride};
            product.inner = layer.w.rows;
            if (words) {
                product.a = from_row(below, below.a_columns, mine.first);
                product.w = layer.pairs, product.w_stride = layer.copies.pairs_stride;
                product.inner = (layer.w.rows + 1) / 2;
            }
            product.panels = layer.panels;
            product.rows = mine.count();
            product.floor = fused ? T(0) : -std::numeric_limits<T>::infinity();
            product.ones = fused ? e.ones : -1;
            product.half = pads_half(layer);
            if (layer.narrow()) {
                multiply_blocks(product, layer.reach);
                if (d.bias)
                    k_->add_biases(layer.w.w + Size(layer.inputs) * n_, layer.w.stride, z,
                                   extent(layer, mine, false));
            } else {
                multiply(product, words);
            }
        }
        if (fused) {
            if (pass.training) pair_outputs(layer, mine);
            continue;
        }
        if (d.norm) {
            normalise(layer, pass);
            z = at(layer.z_tilde);
        }
        const bool drops = pass.training && d.dropout > 0;
        if (d.parametric) {
            activate(layer, z, at(layer.shaped), extent(layer, mine, false));
            k_->blend(layer.kappa.w, z, at(layer.shaped), at(drops || d.residual ? layer.fired : layer.a), e);
        } else {
            activate(layer, z, at(drops || d.residual ? layer.fired : layer.a), e);
        }
        if (drops) {
            draw_mask(layer, l, pass);
            k_->scale_by(at(layer.mask), at(layer.fired), at(layer.a), e);
        }
        if (d.residual) {  // what the layer is given is added to what it makes of it
            if (!drops) copy_panels(layer, layer.fired, layer.a, mine);
            k_->add(input, at(layer.a), e);
        }
        if (pass.training && l < depth()) pair_outputs(layer, mine);
    }
}

// Adds numbers up over the ranks, where the rows are a share; the work must not throw.
template <class T>
void Session<T>::add_up(const Pass& pass, T* numbers, int count) {
    pass.part.wait();
    if (pass.part.index == 0 && !lost_) {
        try {
            pass.share->total(numbers, count);
        } catch (...) {
            lost_ = std::current_exception();
        }
    }
    pass.part.wait();
}

// Batch statistics are sums over all rows: a part makes those of its units, for every part.
template <class T>
void Session<T>::normalise(Layer<T>& layer, const Pass& pass) {
    const LayerDesign& d = *layer.design;
    const bool own = pass.training && !d.frozen;
    if (own) {
        pass.part.wait();
        const Span some = pass.part.share(layer.panels);
        const auto mean_of = [&](int p) {
            k_->mean(layer.z + p * layer.stride, weights_, layer.mean + p * n_,
                     of_panels(layer, {p, p + 1}, pass.rows));
        };
        const auto variance_of = [&](int p) {
            k_->variance(layer.z + p * layer.stride, weights_, layer.mean + p * n_, layer.variance + p * n_,
                         of_panels(layer, {p, p + 1}, pass.rows));
        };
        if (pass.joins()) {
            for (int p = some.first; p < some.last; p++) mean_of(p);
            add_up(pass, layer.mean, layer.panels * n_);
            for (int p = some.first; p < some.last; p++) variance_of(p);
            add_up(pass, layer.variance, layer.panels * n_);
        } else {
            for (int p = some.first; p < some.last; p++) mean_of(p), variance_of(p);
            pass.part.wait();
        }
    }
    const auto at = [&](T* matrix) { return from_row(layer, matrix, pass.mine.first); };
    k_->normalise(at(layer.z), own ? layer.mean : layer.running_mean,
                  own ? layer.variance : layer.running_variance, T(d.norm_epsilon), at(layer.x_hat),
                  layer.gamma.w, layer.beta.w, at(layer.z_tilde), extent(layer, pass.mine, true));
}

template <class T>
void Session<T>::back_through_norm(Layer<T>& layer, const Pass& pass) {
    const LayerDesign& d = *layer.design;
    if (!d.norm) return;
    pass.part.wait();
    const Span some = pass.part.share(layer.panels);
    const auto sum = [&](int p) {
        const Size at = p * layer.stride, unit = p * n_;
        k_->normalise_sums(layer.delta + at, layer.x_hat + at, layer.gamma.g + unit, layer.beta.g + unit,
                           of_panels(layer, {p, p + 1}, pass.rows));
    };
    const auto back = [&](int p, const T* of_gamma, const T* of_beta) {
        const Size at = p * layer.stride, unit = p * n_;
        k_->normalise_back(layer.delta + at, layer.gamma.w + unit, layer.x_hat + at,
                           (d.frozen ? layer.running_variance : layer.variance) + unit, T(d.norm_epsilon),
                           d.frozen ? nullptr : weights_.get(), of_gamma + unit, of_beta + unit,
                           of_panels(layer, {p, p + 1}, pass.rows));
    };
    if (pass.joins() && !d.frozen) {  // its own sums stay in the gradient, to be added up with the rest
        const int count = layer.panels * n_;
        for (int p = some.first; p < some.last; p++) sum(p);
        pass.part.wait();
        if (pass.part.index == 0) {
            std::copy_n(layer.gamma.g, count, layer.sums.get());
            std::copy_n(layer.beta.g, count, layer.sums.get() + count);
        }
        add_up(pass, layer.sums, 2 * count);
        for (int p = some.first; p < some.last; p++) back(p, layer.sums, layer.sums + count);
    } else {
        for (int p = some.first; p < some.last; p++) sum(p), back(p, layer.gamma.g, layer.beta.g);
    }
    pass.part.wait();
}

template <class T>
Extent Session<T>::of_panels(const Layer<T>& layer, Span panels, int rows) const {
    const int units = std::min(layer.columns, panels.last * n_) - panels.first * n_;
    return {rows, panels.count(), layer.stride, std::max(0, units), -1};
}

// Leaves dJ/dz~ of the last layer in its delta, and the loss of each row in row_loss_.
template <class T>
void Session<T>::output_pass(const Pass& pass) {
    for (const Head<T>& head : heads_) head_pass(head, pass, &head == &heads_.front());
}

template <class T>
void Session<T>::head_pass(const Head<T>& head, const Pass& pass, bool first) {
    Layer<T>& last = layers_[depth()];
    const Span mine = rows_of(last, pass);
    const T* weights = out_weights();
    const auto at = [&](T* matrix) {
        return from_row(last, matrix, mine.first) + head.first_panel * last.stride;
    };
    const Extent rows{mine.count(), head.panels, last.stride, head.units, -1};
    const bool plain = first && head.scale == 1;
    Output<T> o{at(scores(last, pass.keep)),
                at(last.a),
                at(y_packed_),
                weights + mine.first,
                at(last.delta),
                (first ? row_loss_ : head_loss_) + mine.first,
                rows,
                last.head,
                head.partner,
                {}};
    std::copy_n(head.loss_parameters, 4, o.parameters);
    if (head.loss < 0) k_->cross_entropy(o);
    else k_->loss(head.loss, o);
    if (!head.partner) derive(head.phi, head.parameters, o.z, o.a, o.delta, extent(head, mine));
    if (!plain)
        for (int m = mine.first; m < mine.last; m++) {
            head_weights_[m] = head.scale * weights[m];
            row_loss_[m] = first ? head.scale * row_loss_[m] : row_loss_[m] + head.scale * head_loss_[m];
        }
    k_->scale_rows((plain ? weights : head_weights_.get()) + mine.first, o.delta, o.delta, rows, last.head);
}

// Sum of w l over the batch, once every part has done its rows.
template <class T>
double Session<T>::batch_loss(int rows) const {
    const T* weights = out_weights();
    double total[4] = {};  // four chains, or the sum would wait on its latency
    for (int m = 0; m < rows * layers_.back().members; m++)
        total[m % 4] += double(weights[m]) * double(row_loss_[m]);
    return (total[0] + total[1]) + (total[2] + total[3]);
}

template <class T>
void Session<T>::backward_pass(const Pass& pass) {
    back_through_norm(layers_[depth()], pass);
    pair_deltas(layers_[depth()], pass.mine);
    for (int l = depth() - 1; l > 0; l--) {
        Layer<T>& layer = layers_[l];
        Layer<T>& above = layers_[l + 1];
        const Span mine = rows_of(layer, pass);
        const auto at = [&](T* matrix) { return from_row(layer, matrix, mine.first); };
        const Extent e = extent(layer, mine, false);
        const T* delta = from_row(above, above.delta, mine.first);
        const T* where = layer.plain_relu && !pass.keep ? at(layer.a) : nullptr;
        if (above.shared()) {
            share_backward(above, pass);
        } else if (above.head) {
            k_->head_back(delta, above.w.w, at(layer.delta), where, e);
        } else {
            Product<T> product{
                delta,        above.stride, above.transposed, above.copies.transposed_stride, at(layer.delta),
                layer.stride, where};
            product.inner = above.columns;
            if (pairs_) {
                product.a = from_row(above, above.delta_columns, mine.first);
                product.w = above.transposed_pairs, product.w_stride = above.copies.transposed_pairs_stride;
                product.inner = (above.columns + 1) / 2;
            }
            product.panels = layer.panels;
            product.rows = mine.count();
            product.floor = -std::numeric_limits<T>::infinity();
            product.half = pads_half(layer);
            if (above.narrow()) multiply_blocks(product, above.reached);
            else multiply(product, pairs_);
        }
        if (above.design->residual) k_->add(from_row(above, above.through, mine.first), at(layer.delta), e);
        if (where) {
            pair_deltas(layer, mine);
            continue;
        }
        const LayerDesign& d = *layer.design;
        if (pass.keep) copy_panels(layer, layer.delta, layer.da, mine);
        if (d.residual) copy_panels(layer, layer.delta, layer.through, mine);
        if (d.dropout > 0) k_->scale_by(at(layer.mask), at(layer.delta), at(layer.delta), e);
        const T* a = d.dropout > 0 || d.residual ? layer.fired : layer.a;
        if (d.parametric) {
            copy_panels(layer, layer.delta, layer.into, mine);
            a = layer.shaped;
        }
        derive(layer.phi, layer.parameters, at(scores(layer, pass.keep)), at(const_cast<T*>(a)),
               at(layer.delta), e);
        if (d.parametric) k_->blend_back(layer.kappa.w, at(layer.into), at(layer.delta), e);
        back_through_norm(layer, pass);
        pair_deltas(layer, mine);
    }
    if (layers_[1].shared()) share_backward(layers_[1], pass);
}

// The penalty's sums over a part's share of the columns of weights.
template <class T>
void Session<T>::sum_penalties(const Part& part, double weight_sum) {
    if (weight_sum <= 0) return;
    const Span some = part.share(int(columns_.size()));
    for (int i = some.first; i < some.last; i++) {
        Column& c = columns_[i];
        if (!c.weights) continue;
        const Block<T>& b = *c.block;
        const T* w = b.w + c.panel * b.stride;
        c.squares = design_.l2 != 0 || design_.l2_shared != 0
                        ? k_->sum_of_squares(w, b.weight_rows, 1, b.stride)
                        : 0;
        c.sizes = design_.l1 != 0 || design_.l1_shared != 0 ? k_->sum_of_sizes(w, b.weight_rows, 1, b.stride)
                                                            : 0;
    }
}

template <class T>
double Session<T>::penalty(double weight_sum) const {
    if (weight_sum <= 0) return 0;
    const double l2 = design_.l2 + design_.l2_shared / weight_sum;
    const double l1 = design_.l1 + design_.l1_shared / weight_sum;
    if (l1 == 0 && l2 == 0) return 0;
    double squares = 0, sizes = 0;
    for (const Column& c : columns_)
        if (c.weights) squares += c.squares, sizes += c.sizes;
    return l2 / 2 * squares + l1 * sizes;
}

}  // namespace glassnet
