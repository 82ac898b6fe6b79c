// Forward, loss, backward: the loops over layers of engine/reference.py.
#pragma once

#include "batches.hpp"

namespace glassnet {

template <class T>
Extent Session<T>::extent(const Layer<T>& layer, int rows, bool ones) const {
    const int l = int(&layer - layers_.data());
    // The outputs of a head lie one row per lane.
    if (layer.head) return {1, (rows + n_ - 1) / n_, n_, rows, -1};
    return {rows, layer.panels, layer.stride, layer.units, ones && feeds_bias(l) ? layer.units : -1};
}

// What entered the activation; its output where the derivative can do with that.
template <class T>
const T* Session<T>::scores(const Layer<T>& layer) const {
    const bool written = layer.keeps_z || z_written_;
    return layer.design->norm ? layer.z_tilde : written ? layer.z : layer.a;
}

template <class T>
void Session<T>::activate(Layer<T>& layer, const T* z, T* a, const Extent& e) {
    if (layer.phi < 0) k_->softmax(z, a, e);
    else k_->activate(layer.phi, layer.parameters, z, a, e);
}

template <class T>
void Session<T>::forward_pass(int rows, bool training, bool keep) {
    training_ = training;
    z_written_ = keep;
    seen_rows_ = rows;
    for (int l = 1; l <= depth(); l++) {
        Layer<T>& layer = layers_[l];
        const Layer<T>& below = layers_[l - 1];
        const LayerDesign& d = *layer.design;
        const bool fused = layer.plain_relu && !keep;
        T* z = fused || !(layer.keeps_z || keep) ? layer.a : layer.z;
        const Extent e = extent(layer, rows, true);
        if (layer.head) {
            const T bias = d.bias ? layer.w.w[Size(layer.w.weight_rows) * n_] : T(0);
            k_->head_forward(below.a, below.stride, layer.w.w, bias, z, layer.w.weight_rows, rows);
        } else {
            Product<T> product{below.a, below.stride, layer.w.w, layer.w.stride, z, layer.stride};
            product.inner = layer.w.rows;
            product.panels = layer.panels;
            product.rows = rows;
            product.floor = fused ? T(0) : -std::numeric_limits<T>::infinity();
            product.ones = fused ? e.ones : -1;
            k_->multiply(product);
        }
        if (fused) continue;
        if (d.norm) {
            const bool own = training && !d.frozen;
            if (own) k_->statistics(z, weights_, layer.mean, layer.variance, e);
            k_->normalise(z, own ? layer.mean : layer.running_mean,
                          own ? layer.variance : layer.running_variance, T(d.norm_epsilon),
                          layer.x_hat, layer.gamma.w, layer.beta.w, layer.z_tilde, e);
            z = layer.z_tilde;
        }
        if (training && d.dropout > 0) {
            activate(layer, z, layer.fired, extent(layer, rows, false));
            draw_mask(layer, l, rows);
            k_->scale_by(layer.mask, layer.fired, layer.a, e);
        } else {
            activate(layer, z, layer.a, e);
        }
    }
}

// Sum of w l over the batch; leaves dJ/dz~ of the last layer in its delta.
template <class T>
double Session<T>::output_pass(int rows) {
    Layer<T>& last = layers_[depth()];
    Output<T> o{scores(last), last.a, y_packed_, weights_, last.delta, row_loss_,
                {rows, last.panels, last.stride, last.units, -1},
                last.head, design_.partner, {}};
    for (int i = 0; i < 4; i++) o.parameters[i] = T(design_.loss_parameters[i]);
    if (loss_ < 0) k_->cross_entropy(o);
    else k_->loss(loss_, o);
    const Extent e = extent(last, rows, false);
    if (!design_.partner) derive(last, last.a, e);
    k_->weigh(weights_, last.delta, {rows, last.panels, last.stride, last.units, -1}, last.head);
    double total[4] = {};  // four chains, or the sum would wait on its latency
    for (int m = 0; m < rows; m++) total[m % 4] += double(weights_[m]) * double(row_loss_[m]);
    return (total[0] + total[1]) + (total[2] + total[3]);
}

template <class T>
void Session<T>::derive(Layer<T>& layer, const T* a, const Extent& e) {
    if (layer.phi < 0) k_->softmax_back(a, layer.delta, e);
    else k_->derive(layer.phi, layer.parameters, scores(layer), a, layer.delta, e);
}

template <class T>
void Session<T>::backward_pass(int rows, bool keep) {
    back_through_norm(layers_[depth()], extent(layers_[depth()], rows, false));
    for (int l = depth() - 1; l > 0; l--) {
        Layer<T>& layer = layers_[l];
        const Layer<T>& above = layers_[l + 1];
        const Extent e = extent(layer, rows, false);
        const T* where = layer.plain_relu && !keep ? layer.a.get() : nullptr;
        if (above.head) {
            k_->head_back(above.delta, above.w.w, layer.delta, where, e);
        } else {
            Product<T> product{above.delta, above.stride, above.transposed, above.transposed_stride,
                               layer.delta, layer.stride, where};
            product.inner = above.units;
            product.panels = layer.panels;
            product.rows = rows;
            product.floor = -std::numeric_limits<T>::infinity();
            k_->multiply(product);
        }
        if (where) continue;
        if (keep) std::memcpy(layer.da, layer.delta, sizeof(T) * layer.panels * layer.stride);
        if (layer.design->dropout > 0) {
            k_->scale_by(layer.mask, layer.delta, layer.delta, e);
            derive(layer, layer.fired, e);
        } else {
            derive(layer, layer.a, e);
        }
        back_through_norm(layer, e);
    }
}

template <class T>
void Session<T>::back_through_norm(Layer<T>& layer, const Extent& e) {
    const LayerDesign& d = *layer.design;
    if (!d.norm) return;
    k_->normalise_back(layer.delta, layer.gamma.w, layer.x_hat,
                       d.frozen ? layer.running_variance : layer.variance, T(d.norm_epsilon),
                       d.frozen ? nullptr : weights_.get(), layer.gamma.g, layer.beta.g, e);
}

template <class T>
double Session<T>::penalty(double weight_sum) const {
    if (weight_sum <= 0) return 0;
    const double l2 = design_.l2 + design_.l2_shared / weight_sum;
    const double l1 = design_.l1 + design_.l1_shared / weight_sum;
    if (l1 == 0 && l2 == 0) return 0;
    double squares = 0, sizes = 0;
    for (int l = 1; l <= depth(); l++) {
        const Block<T>& b = layers_[l].w;
        if (l2 != 0) squares += k_->sum_of_squares(b.w, b.weight_rows, b.panels, b.stride);
        if (l1 != 0) sizes += k_->sum_of_sizes(b.w, b.weight_rows, b.panels, b.stride);
    }
    return l2 / 2 * squares + l1 * sizes;
}

}  // namespace glassnet
