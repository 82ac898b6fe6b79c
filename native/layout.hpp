// Where everything lies: blocks of parameters, batch matrices, and the way to and from canonical.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <stdexcept>

#include "pairs.hpp"
#include "session.hpp"

namespace glassnet {

template <class T>
Numbers<T>::Numbers(std::size_t size) : count(size) {
    constexpr std::size_t huge = 2 << 20;
    std::size_t bytes = std::max<std::size_t>(size * sizeof(T), 64);
    const std::size_t align = bytes > huge / 2 ? huge : 64;
    bytes = (bytes + align - 1) / align * align;
    held.reset(static_cast<T*>(std::aligned_alloc(align, bytes)));
    if (!held) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    if (align == huge) madvise(held.get(), bytes, MADV_HUGEPAGE);
#endif
    std::memset(held.get(), 0, bytes);
}

// Rows of a panel, padded so that neighbouring panels do not fall on the same sets of the cache: an
// odd multiple of 512 bytes. Unpadded, a 1024-wide forward pass took 28 instead of 20 ms.
inline Size padded(Size rows, Size row_bytes) {
    const Size bytes = rows * row_bytes;
    if (bytes < 2048) return rows;
    return (((bytes + 511) / 512) | 1) * 512 / row_bytes;
}

template <class T>
Session<T>::Session(Design design, const Kernels<T>* kernels)
    : design_(std::move(design)), k_(kernels), n_(kernels->width) {
    lay_out();
}

template <class T>
void Session<T>::lay_out() {
    static const std::set<std::string> by_output = {"identity", "logistic",   "tanh",
                                                    "exp",      "leaky_relu", "softmax"};
    const int count = int(design_.layers.size());
    layers_.resize(count + 1);
    Size total = 0;
    auto place = [&](Block<T>& b, int rows, int panels, Size stride, int weight_rows) {
        b = {};
        b.w = reinterpret_cast<T*>(total * Size(sizeof(T)));  // an offset until the arenas exist
        b.rows = rows, b.panels = panels, b.stride = stride, b.weight_rows = weight_rows;
        total += panels * stride;
    };
    for (int l = 0; l <= count; l++) {
        Layer<T>& layer = layers_[l];
        layer.units = l ? design_.layers[l - 1].units : design_.inputs;
        layer.inputs = l ? layers_[l - 1].units : 0;
        layer.columns = layer.units;
        layer.panels = (layer.units + n_ - 1) / n_;
        if (l == count) lay_out_heads();
        if (!l) continue;
        const LayerDesign& d = *(layer.design = &design_.layers[l - 1]);
        layer.members = d.members;
        const int bias = layer.feeds_bias() ? 1 : 0;
        lay_out_blocks(layer);
        const bool more = d.parametric || d.residual;  // a is more than phi(z)
        const bool passed_on = l < count && (design_.layers[l].residual || design_.layers[l].members > 1);
        layer.head = l == count && layer.units == 1 && !d.norm && !layer.narrow() && !layer.shared();
        layer.phi = d.activation == "softmax" ? -1 : k_->find_activation(d.activation.c_str());
        for (int i = 0; i < 4; i++) layer.parameters[i] = T(d.parameters[i]);
        const bool smooth_relu = d.activation == "relu" && d.parameters[0] == 0;
        layer.keeps_z = l == count || d.norm || more || !(smooth_relu || by_output.count(d.activation));
        layer.plain_relu = smooth_relu && l < count && !d.norm && d.dropout == 0 && !more && !passed_on &&
                           !layer.narrow() && !layer.shared();
        if (layer.head) {
            const int rows = (layer.inputs + n_ - 1) / n_;
            place(layer.w, rows + 1, 1, (rows + 1) * Size(n_), rows);
        } else {
            const Size rows = padded(layer.inputs + bias, n_ * Size(sizeof(T)));
            place(layer.w, layer.inputs + bias, layer.panels, rows * n_, layer.inputs);
        }
        place(layer.gamma, d.norm ? 1 : 0, d.norm ? layer.panels : 0, n_, 0);
        place(layer.beta, d.norm ? 1 : 0, d.norm ? layer.panels : 0, n_, 0);
        place(layer.kappa, d.parametric ? 1 : 0, d.parametric ? layer.panels : 0, n_, 0);
        const Size of_members = padded(d.members, n_ * Size(sizeof(T))) * n_;
        for (Block<T>* b : {&layer.r, &layer.s, &layer.b}) {
            const bool there = layer.shared() && (b != &layer.b || d.bias);
            const int panels = b == &layer.r ? layers_[l - 1].panels : layer.panels;
            place(*b, there ? d.members : 0, there ? panels : 0, of_members, 0);
        }
        for (Block<T>* b : layer.blocks())
            b->rate = T(d.rate), b->bias_rate = T(d.bias_rate), b->decay_rate = T(d.decay);
        layer.kappa.bias_rate = T(d.kappa_rate);
        const int of_units = bias + (d.norm ? 2 : 0) + (d.parametric ? 1 : 0);
        canonical_count += std::size_t(layer.units) * (layer.inputs + of_units);
        if (layer.shared())
            canonical_count += std::size_t(d.members) * (layer.inputs + layer.units * (d.bias ? 2 : 1));
        for (Numbers<T>* held : {&layer.running_mean, &layer.running_variance, &layer.mean, &layer.variance})
            if (d.norm) *held = Numbers<T>(layer.panels * n_);
        if (d.norm) layer.sums = Numbers<T>(2 * layer.panels * n_);
    }
    w_arena_ = Numbers<T>(total);
    g_arena_ = Numbers<T>(total);
    if (clips_rows()) kept_g_arena_ = Numbers<T>(total);
    for (int s = 0; s < design_.memories; s++) memory_arena_[s] = Numbers<T>(total);
    for (int l = 1; l <= count; l++) {
        for (Block<T>* b : layers_[l].blocks()) {
            const Size at = reinterpret_cast<Size>(b->w) / Size(sizeof(T));
            b->w = w_arena_ + at;
            b->g = g_arena_ + at;
            for (int s = 0; s < 3; s++) b->memory[s] = s < design_.memories ? memory_arena_[s] + at : b->w;
        }
        Layer<T>& layer = layers_[l];
        if ((l > 1 || layer.shared()) &&
            !layer.head) {  // row k of panel p: unit k's weights of inputs p*n and on
            layer.copies.transposed_stride = padded(layer.panels * n_, n_ * Size(sizeof(T))) * n_;
            layer.transposed = Numbers<T>(layers_[l - 1].panels * layer.copies.transposed_stride);
            layer.copies.transposed = layer.transposed;
        }
        if (design_.bf16 && !layer.head) lay_out_words(layer);
    }
    for (int l = 1; l <= count; l++) {
        Layer<T>& layer = layers_[l];
        for (Block<T>* b : layer.blocks())
            for (int p = 0; p < b->panels; p++) columns_.push_back({&layer, b, p, b == &layer.w});
        if (!layer.head && !layer.narrow()) tiles_ += (layer.w.rows + n_ - 1) / n_ * layer.w.panels;
        double connections = double(layer.inputs) * layer.units;
        if (layer.narrow()) connections = double(layer.connected.size());
        operations_ += (l > 1 || layer.shared() ? 6.0 : 4.0) * connections * layer.members;
    }
    if (design_.noise > 0) noise_ = Numbers<T>(canonical_count + 1);
    bad_ = Numbers<T>(std::max(1, design_.threads) * n_);
    if (design_.bf16) pairs_ = pair_kernels();
    const int kind = k_->find_optimizer(design_.optimizer.c_str());
    for (int plain = 0; plain < 2 && kind >= 0; plain++) update_[plain] = k_->optimizer(kind, plain);
    const std::string& name = design_.optimizer;
    if (name == "rmsprop") family_ = Family::rmsprop;
    if (name == "adam" || name == "adamw") family_ = Family::adam;
    if (name == "irprop") family_ = Family::irprop;
}

template <class T>
void Session<T>::lay_out_heads() {
    Layer<T>& last = layers_[depth()];
    int unit = 0, panel = 0;
    for (const HeadDesign& d : design_.heads) {
        Head<T>& h = heads_.emplace_back();
        h = {unit, d.units, panel, (d.units + n_ - 1) / n_, -1, -1, {}, {}, d.partner, T(d.scale)};
        if (d.activation != "softmax") h.phi = k_->find_activation(d.activation.c_str());
        if (d.loss != "cross_entropy") h.loss = k_->find_loss(d.loss.c_str());
        for (int i = 0; i < 4; i++)
            h.parameters[i] = T(d.parameters[i]), h.loss_parameters[i] = T(d.loss_parameters[i]);
        for (int j = 0; j < d.units && design_.heads.size() > 1; j++) last.places.push_back(panel * n_ + j);
        unit += d.units, panel += h.panels;
    }
    last.panels = panel;
    last.columns = last.column(unit - 1) + 1;
}

// Room for batches of `rows`; never less than before. Kept quantities need matrices of their own.
template <class T>
void Session<T>::reserve(int rows, bool keep) {
    if (rows <= capacity_ && (kept_ || !keep)) return;
    capacity_ = std::max(rows, capacity_);
    kept_ = kept_ || keep;
    const auto height_of = [&](int rows) { return padded((rows + 15) / 16 * 16, n_ * Size(sizeof(T))); };
    for (int l = 0; l <= depth(); l++) {
        Layer<T>& layer = layers_[l];
        const Size height = height_of(capacity_ * layer.members);
        layer.stride = height * n_;
        const bool words = design_.bf16 && !layer.head;
        const auto make = [&](Numbers<T>& m, bool wanted) {
            if (wanted) m = Numbers<T>(layer.head ? height : (layer.panels + 1) * layer.stride);
        };
        make(layer.a, true);
        make(layer.a_columns, words && l < depth());
        make(layer.a_rows, words && l < depth());
        make(layer.delta_columns, words && l > 1);
        make(layer.delta_rows, words && l > 0);
        if (!l) continue;
        const LayerDesign& d = *layer.design;
        make(layer.z, layer.keeps_z || kept_);
        make(layer.z_tilde, d.norm);
        make(layer.x_hat, d.norm);
        make(layer.fired, d.dropout > 0 || d.residual);
        make(layer.mask, d.dropout > 0);
        make(layer.da, kept_ && l < depth());
        make(layer.delta, true);
        make(layer.clipped, design_.clip_per_sample > 0);
        make(layer.shaped, d.parametric);
        make(layer.into, d.parametric);
        make(layer.through, d.residual);
        if (layer.shared()) reserve_copies(layer, layers_[l - 1].panels);
    }
    Layer<T>& last = layers_[depth()];
    const Size height = height_of(capacity_ * last.members);
    if (last.shared()) copy_weights_ = Numbers<T>(height);
    y_packed_ = Numbers<T>(last.head ? height : last.panels * last.stride);
    for (Numbers<T>* held :
         {&weights_, &row_loss_, &head_weights_, &head_loss_, &lengths_, &a_squares_, &delta_squares_})
        *held = Numbers<T>(height);
    const int rows_of_a0 = int(layers_[0].stride / n_);
    if (feeds_bias(0))  // a[0] is written by gather, which leaves the column of ones alone
        for (int m = 0; m < rows_of_a0; m++)
            layers_[0].a[layers_[0].units / n_ * layers_[0].stride + m * n_ + layers_[0].units % n_] = 1;
}

// A canonical W (units, inputs) and b (units,) beside a packed block: f(canonical, packed) on each.
template <class T, class F>
const T* each_weight(const Layer<T>& layer, int n, const T* canonical, F f) {
    const Block<T>& b = layer.w;
    auto* at = const_cast<T*>(canonical);
    const auto place = [&](int j) { return layer.column(j) / n * b.stride + layer.column(j) % n; };
    for (int j = 0; j < layer.units; j++) {
        const Size first = layer.head ? 0 : place(j), step = layer.head ? 1 : n;
        for (int k = 0; k < layer.inputs; k++) f(*at++, first + k * step);
    }
    if (layer.feeds_bias())
        for (int j = 0; j < layer.units; j++)
            f(*at++, layer.head ? Size(b.weight_rows) * n : place(j) + Size(layer.inputs) * n);
    return at;
}
template <class T, class F>
void each_parameter(std::vector<Layer<T>>& layers, int n, const T* canonical, F f) {
    for (std::size_t l = 1; l < layers.size(); l++) {
        Layer<T>& layer = layers[l];
        canonical = each_weight(layer, n, canonical, [&](T& c, Size at) { f(c, layer.w, at); });
        auto* at = const_cast<T*>(canonical);
        const auto rows = [&](Block<T>& b, int columns) {
            for (int i = 0; b.panels && i < b.rows; i++)
                for (int j = 0; j < columns; j++) {
                    const int c = &b == &layer.r ? j : layer.column(j);
                    f(*at++, b, c / n * b.stride + Size(i) * n + c % n);
                }
        };
        rows(layer.b, layer.units);
        for (Block<T>* b : {&layer.gamma, &layer.beta, &layer.kappa})
            for (int j = 0; b->panels && j < layer.units; j++) f(*at++, *b, Size(layer.column(j)));
        rows(layer.r, layer.inputs);
        rows(layer.s, layer.units);
        canonical = at;
    }
}

template <class T>
void Session<T>::load(const T* theta, const T* const* memory, double J, std::int64_t optimizer_steps,
                      std::int64_t t) {
    // What pads must be 0 again: a step that spoilt the parameters may have spoilt it too.
    std::fill_n(w_arena_.get(), w_arena_.size(), T(0));
    for (int s = 0; s < design_.memories; s++)
        std::fill_n(memory_arena_[s].get(), memory_arena_[s].size(), T(0));
    each_parameter(layers_, n_, theta, [](T& c, Block<T>& b, Size at) { b.w[at] = c; });
    for (int s = 0; s < design_.memories; s++)
        each_parameter(layers_, n_, memory[s], [s](T& c, Block<T>& b, Size at) { b.memory[s][at] = c; });
    t_ = t, optimizer_steps_ = optimizer_steps, last_cost_ = J;
    refresh();
}

template <class T>
void Session<T>::save(T* theta, T* const* memory) const {
    auto& layers = const_cast<std::vector<Layer<T>>&>(layers_);
    each_parameter<T>(layers, n_, theta, [](T& c, Block<T>& b, Size at) { c = b.w[at]; });
    for (int s = 0; s < design_.memories; s++)
        each_parameter<T>(layers, n_, memory[s], [s](T& c, Block<T>& b, Size at) { c = b.memory[s][at]; });
}

template <class T>
void Session<T>::read_gradient(T* to) const {
    auto& layers = const_cast<std::vector<Layer<T>>&>(layers_);
    const Numbers<T>& from = clips_rows() ? kept_g_arena_ : g_arena_;
    each_parameter<T>(layers, n_, to,
                      [&](T& c, Block<T>& b, Size at) { c = from[b.g + at - g_arena_.get()]; });
}

template <class T>
void Session<T>::load_statistics(int l, const T* mean, const T* variance) {
    Layer<T>& layer = layers_[l];
    for (int j = 0; j < layer.units; j++) {
        layer.running_mean[layer.column(j)] = mean[j];
        layer.running_variance[layer.column(j)] = variance[j];
    }
}
template <class T>
void Session<T>::save_statistics(int l, T* mean, T* variance) const {
    const Layer<T>& layer = layers_[l];
    for (int j = 0; j < layer.units; j++) {
        mean[j] = layer.running_mean[layer.column(j)];
        variance[j] = layer.running_variance[layer.column(j)];
    }
}

template <class T>
bool Session<T>::read(const std::string& name, int l, T* to) const {
    const Layer<T>& layer = layers_[l];
    const LayerDesign& d = *layer.design;
    const bool own = !d.frozen && training_;
    const T* from = nullptr;
    if (name == "mean") from = own ? layer.mean : layer.running_mean;
    if (name == "variance") from = own ? layer.variance : layer.running_variance;
    for (int j = 0; from && j < layer.units; j++) to[j] = from[layer.column(j)];
    if (from || name == "mean" || name == "variance") return from != nullptr;
    if (name == "z") from = layer.z;
    if (name == "z_tilde") from = scores(layer, z_written_);
    if (name == "x_hat") from = layer.x_hat;
    if (name == "fired") from = d.residual || (training_ && d.dropout > 0) ? layer.fired : layer.a;
    if (name == "mask") from = training_ ? layer.mask.get() : nullptr;
    if (name == "a") from = layer.a;
    if (name == "da") from = layer.da;
    if (name == "delta") from = layer.delta;
    if (from) copy_rows(layer, from, {0, seen_rows_ * layer.members}, to);
    return from != nullptr;
}

template <class T>
void Session<T>::copy_rows(const Layer<T>& layer, const T* from, Span rows, T* to) const {
    for (int m = rows.first; m < rows.last; m++)
        for (int j = 0; j < layer.units; j++) {
            const int c = layer.column(j);
            *to++ = layer.head ? from[m] : from[c / n_ * layer.stride + Size(m) * n_ + c % n_];
        }
}

}  // namespace glassnet
