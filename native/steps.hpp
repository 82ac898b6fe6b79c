// From gradients to the next parameters: clipping, optimizers, limits, and the way back.
#pragma once

#include <algorithm>
#include <cmath>

#include "passes.hpp"

namespace glassnet {

template <class T>
struct Session<T>::Flushed {
    const Kernels<T>* k;
    int before;
    explicit Flushed(const Kernels<T>* kernels) : k(kernels), before(k->flush_sub_normals(-1)) {}
    ~Flushed() { k->flush_sub_normals(before); }
    Flushed(const Flushed&) = delete;
};

// The State to go back to where a step turns out not to be finite: the update works in place, and a
// run is replayed from here up to the last good step.
template <class T>
struct Session<T>::Saved {
    Numbers<T> w, memory[3];
    std::vector<std::vector<T>> statistics;
    std::int64_t t, optimizer_steps;
    double cost;
};

template <class T>
Session<T>::~Session() = default;

template <class T>
void Session<T>::remember() {
    if (!saved_) {
        saved_ = std::make_unique<Saved>();
        saved_->w = Numbers<T>(w_arena_.size());
        for (int s = 0; s < design_.memories; s++) saved_->memory[s] = Numbers<T>(w_arena_.size());
    }
    std::copy_n(w_arena_.get(), w_arena_.size(), saved_->w.get());
    for (int s = 0; s < design_.memories; s++)
        std::copy_n(memory_arena_[s].get(), w_arena_.size(), saved_->memory[s].get());
    saved_->statistics.clear();
    for (const Layer<T>& layer : layers_)
        for (const Numbers<T>* held : {&layer.running_mean, &layer.running_variance})
            saved_->statistics.emplace_back(held->get(), held->get() + held->size());
    saved_->t = t_, saved_->optimizer_steps = optimizer_steps_, saved_->cost = last_cost_;
}

template <class T>
void Session<T>::restore() {
    std::copy_n(saved_->w.get(), w_arena_.size(), w_arena_.get());
    for (int s = 0; s < design_.memories; s++)
        std::copy_n(saved_->memory[s].get(), w_arena_.size(), memory_arena_[s].get());
    auto from = saved_->statistics.begin();
    for (Layer<T>& layer : layers_)
        for (Numbers<T>* held : {&layer.running_mean, &layer.running_variance}) {
            std::copy(from->begin(), from->end(), held->get());
            ++from;
        }
    t_ = saved_->t, optimizer_steps_ = saved_->optimizer_steps, last_cost_ = saved_->cost;
    for (Layer<T>& layer : layers_) refresh(layer);
}

template <class T>
void Session<T>::refresh(Layer<T>& layer) {
    if (!layer.transposed.get()) return;
    for (int p = 0; p < (layer.inputs + n_ - 1) / n_; p++)
        k_->transpose(layer.w, layer.transposed, layer.transposed_stride, p, 0, layer.panels);
}

// hyperparameters: (momentum), (rho, epsilon), (beta_1, beta_2, epsilon), or
// (increase, decrease, smallest_step, largest_step), in the optimizer's own order.
template <class T>
Step<T> Session<T>::prepare(double rate, double J, double weight_sum) const {
    const auto& h = design_.hyperparameters;
    Step<T> s;
    s.rate = T(rate);
    s.decay = T(rate * design_.weight_decay);
    s.first = T(h[0]), s.first_rest = T(1 - h[0]);
    if (family_ == Family::rmsprop) s.epsilon = T(h[1]);
    if (family_ == Family::adam) {
        const double t = double(optimizer_steps_ + 1);
        s.second = T(h[1]), s.second_rest = T(1 - h[1]), s.epsilon = T(h[2]);
        s.rate = T(rate / (1 - std::pow(h[0], t)));
        s.scale = T(1 / std::sqrt(1 - std::pow(h[1], t)));
    }
    if (family_ == Family::irprop) {
        s.increase = T(h[0]), s.decrease = T(h[1]), s.smallest = T(h[2]), s.largest = T(h[3]);
        s.take_back = last_cost_ < J;
    }
    s.clip = design_.clip_value > 0 ? T(design_.clip_value) : std::numeric_limits<T>::infinity();
    if (weight_sum > 0) {
        s.l2 = T(design_.l2 + design_.l2_shared / weight_sum);
        s.l1 = T(design_.l1 + design_.l1_shared / weight_sum);
    }
    return s;
}

template <class T>
static bool plain(const Step<T>& s) {
    return s.l1 == 0 && s.l2 == 0 && s.decay == 0 && s.factor == 1 && std::isinf(s.clip);
}

// Gradients and, where `fused`, their steps. Otherwise penalised gradients, in the blocks' g.
template <class T>
void Session<T>::descend(const Step<T>& step, int rows, bool fused, const std::int64_t* next) {
    for (int l = depth(); l > 0; l--) {
        Layer<T>& layer = layers_[l];
        const Layer<T>& below = layers_[l - 1];
        const LayerDesign& d = *layer.design;
        if (fused && d.frozen) continue;
        const bool at_once = fused && !layer.head && !d.norm;
        if (layer.head) {
            k_->head_gradient(below.a, below.stride, layer.delta, layer.w.g, layer.inputs, rows);
        } else {
            Gradient<T> g{below.a, below.stride, layer.delta, layer.stride, rows, layer.w};
            if (at_once) {
                g.update = update_[plain(step)], g.step = &step, g.bad = bad_;
                g.transposed = layer.transposed, g.transposed_stride = layer.transposed_stride;
            }
            const Size bytes = layer.w.panels * layer.w.stride * Size(sizeof(T));
            // Parameters that do not stay in the first caches are drawn near during the sums.
            g.streams = at_once && bytes > 64 * 1024 ? 1 + std::min(design_.memories, 2) : 0;
            if (next && l == 1) {
                for (int m = 0; m < rows; m++)
                    next_rows_[m] = reinterpret_cast<const char*>(x_.x + next[m] * x_.stride);
                g.next = next_rows_.data(), g.next_bytes = int(x_.stride * Size(sizeof(T)));
            }
            k_->gradient(g);
        }
        if (d.norm && !d.frozen && d.bias)  // batch norm takes the mean off: exactly 0, not rounding
            for (int p = 0; p < layer.w.panels; p++)
                std::fill_n(layer.w.g + p * layer.w.stride + Size(layer.inputs) * n_, n_, T(0));
        if (layer.head && !d.bias) layer.w.g[Size(layer.w.weight_rows) * n_] = 0;
        if (fused && !at_once) {
            for (const Block<T>* b : {&layer.w, &layer.gamma, &layer.beta}) update_block(step, *b);
            refresh(layer);
        }
        if (!fused) k_->penalise(step, layer.w);
    }
}

template <class T>
void Session<T>::update_block(const Step<T>& step, const Block<T>& b) {
    if (b.rows) update_[plain(step)](step, {b, b.g, b.stride, 0, b.rows, 0, b.panels}, bad_);
}

// The step that the blocks' g asks for; clipping by norm needs all of it first.
template <class T>
void Session<T>::update_blocks(Step<T> step) {
    step.l1 = step.l2 = 0;
    if (design_.clip_norm > 0) {
        double squares = 0;
        for (int l = 1; l <= depth(); l++) {
            if (layers_[l].design->frozen) continue;
            for (const Block<T>* b : {&layers_[l].w, &layers_[l].gamma, &layers_[l].beta})
                for (int p = 0; p < b->panels; p++)
                    for (Size i = 0; i < Size(b->rows) * n_; i++) {
                        const T clip = step.clip, v = b->g[p * b->stride + i];
                        const double held = v > clip ? clip : v < -clip ? -clip : v;
                        squares += held * held;
                    }
        }
        const double length = std::sqrt(squares);
        if (length > design_.clip_norm) step.factor = T(design_.clip_norm / length);
    }
    for (int l = 1; l <= depth(); l++) {
        Layer<T>& layer = layers_[l];
        if (layer.design->frozen) continue;
        for (const Block<T>* b : {&layer.w, &layer.gamma, &layer.beta}) update_block(step, *b);
        refresh(layer);
    }
}

template <class T>
void Session<T>::limit_norms() {
    if (design_.max_norm <= 0) return;
    for (int l = 1; l <= depth(); l++) {
        Layer<T>& layer = layers_[l];
        if (layer.design->frozen) continue;
        const Block<T>& b = layer.w;
        if (layer.head) {
            const double length = std::sqrt(k_->sum_of_squares(b.w, b.weight_rows, 1, b.stride));
            if (length > design_.max_norm)
                for (int k = 0; k < layer.inputs; k++) b.w[k] *= T(design_.max_norm / length);
        } else {
            k_->limit_norms(b, T(design_.max_norm));
        }
        refresh(layer);
    }
}

// Whether the step left everything finite; counts it then.
template <class T>
bool Session<T>::finish(double J) {
    limit_norms();
    for (int i = 0; i < n_; i++)
        if (!(bad_[i] == 0)) return false;
    optimizer_steps_++;
    last_cost_ = J;
    return true;
}

template <class T>
void Session<T>::move_statistics() {
    for (Layer<T>& layer : layers_) {
        if (!layer.design || !layer.design->norm || layer.design->frozen) continue;
        const T share = T(std::max(layer.design->norm_momentum, 1.0 / double(t_ + 1)));
        for (int j = 0; j < layer.units; j++) {
            layer.running_mean[j] += share * (layer.mean[j] - layer.running_mean[j]);
            layer.running_variance[j] += share * (layer.variance[j] - layer.running_variance[j]);
        }
    }
}

}  // namespace glassnet
