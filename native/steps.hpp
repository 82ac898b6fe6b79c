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
    Clock clock;
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
    saved_->clock = clock();
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
    set(saved_->clock);
    refresh();
}

// The copies of some of a layer's weights; spans count panels.
template <class T>
void Session<T>::refresh(const Layer<T>& layer, Span inputs, Span units) {
    if (layer.head) return;
    const int last = std::min(inputs.last, (layer.w.rows + n_ - 1) / n_);
    for (int p = inputs.first; p < last; p++) copy_weights(layer, p, units);
}
template <class T>
void Session<T>::refresh() {
    for (int l = 1; l <= depth(); l++) refresh(layers_[l], {0, layers_[l].w.rows}, {0, layers_[l].panels});
}

// hyperparameters: (momentum), (rho, epsilon), (beta_1, beta_2, epsilon), or
// (increase, decrease, smallest_step, largest_step), in the optimizer's own order.
template <class T>
Step<T> Session<T>::prepare(const Pace& pace, double J, double weight_sum, const Clock& clock) const {
    const auto& h = design_.hyperparameters;
    Step<T> s;
    s.rate = T(pace.rate);
    s.decay = T(pace.rate * design_.weight_decay * pace.decay);
    s.first = T(h[0]), s.first_rest = T(1 - h[0]);
    if (family_ == Family::rmsprop) s.epsilon = T(h[1]);
    if (family_ == Family::adam) {
        const double t = double(clock.optimizer_steps + 1);
        s.second = T(h[1]), s.second_rest = T(1 - h[1]), s.epsilon = T(h[2]);
        s.rate = T(pace.rate / (1 - std::pow(h[0], t)));
        s.scale = T(1 / std::sqrt(1 - std::pow(h[1], t)));
    }
    if (family_ == Family::irprop) {
        s.increase = T(h[0]), s.decrease = T(h[1]), s.smallest = T(h[2]), s.largest = T(h[3]);
        s.take_back = clock.last_cost < J;
    }
    s.clip = design_.clip_value > 0 ? T(design_.clip_value) : std::numeric_limits<T>::infinity();
    if (weight_sum > 0) {
        s.l2 = T(design_.l2 + design_.l2_shared / weight_sum);
        s.l1 = T(design_.l1 + design_.l1_shared / weight_sum);
    }
    return s;
}

template <class T>
static bool plain(const Step<T>& s, const Block<T>& b) {
    return s.l1 == 0 && s.l2 == 0 && s.decay == 0 && s.factor == 1 && std::isinf(s.clip) && b.rate == 1 &&
           b.bias_rate == 1;
}

// Which of a layer's panels of inputs are a part's: all layers' tiles in one row, cut in equal lengths.
template <class T>
Span Session<T>::share_of_inputs(const Part& part, const Layer<T>& layer, int& before) const {
    const Block<T>& b = layer.w;
    const int inputs = (b.rows + n_ - 1) / n_;
    const Span mine = part.share(tiles_);
    const auto edge = [&](int at) { return std::clamp((at - before + b.panels - 1) / b.panels, 0, inputs); };
    const Span found{edge(mine.first), edge(mine.last)};
    before += inputs * b.panels;
    return found;
}

// Gradients and, where `fused`, their steps. Otherwise penalised gradients, in the blocks' g.
template <class T>
void Session<T>::descend(const Step<T>& step, const Pass& pass, bool fused, bool clipped,
                         const std::int64_t* next) {
    int before = 0;
    T* bad = bad_ + pass.part.index * n_;
    for (int l = depth(); l > 0; l--) {
        Layer<T>& layer = layers_[l];
        const Layer<T>& below = layers_[l - 1];
        const LayerDesign& d = *layer.design;
        const bool at_once = fused && !layer.head && !d.norm;
        const bool shares = !layer.head && !layer.narrow();
        const Span inputs = shares ? share_of_inputs(pass.part, layer, before) : Span{0, 0};
        if (fused && d.frozen) continue;
        if (d.frozen && clipped) {  // it has no part in the rows' gradients
            for (const Block<T>* b : layer.blocks())
                if (pass.part.index == 0) std::fill_n(b->g, b->panels * b->stride, T(0));
            continue;
        }
        const T* delta = clipped ? layer.clipped : layer.delta;
        if (d.parametric && pass.part.index == 0)
            k_->blend_sums(layer.into, scores(layer, pass.keep), layer.shaped, layer.kappa.g,
                           of_panels(layer, {0, layer.panels}, pass.rows * layer.members));
        if (layer.shared()) {
            descend_shared(step, pass, layer, inputs, fused, bad);
            if (!fused) penalise(step, layer, inputs);
            continue;
        }
        if (layer.narrow()) {
            descend_blocks(step, pass, layer, delta, fused, bad);
            continue;
        }
        if (layer.head) {
            if (pass.part.index > 0) continue;
            k_->head_gradient(below.a, below.stride, delta, layer.w.g, layer.inputs, pass.rows);
            if (!d.bias) layer.w.g[Size(layer.w.weight_rows) * n_] = 0;
        } else {
            if (inputs.count() == 0) continue;
            Gradient<T> g{below.a, below.stride, delta, layer.stride, pass.rows, layer.w};
            g.half = pads_half(layer);
            if (pairs_) g.a = below.a_rows, g.delta = layer.delta_rows, g.batch = (pass.rows + 1) / 2;
            g.first_row = inputs.first * n_, g.last_row = std::min(inputs.last * n_, layer.w.rows);
            if (at_once) {
                g.update = update_[plain(step, layer.w)], g.step = &step, g.bad = bad;
                g.copies = layer.copies;
            }
            const Size bytes = layer.w.panels * layer.w.stride * Size(sizeof(T));
            // Parameters that do not stay in the first caches are drawn near during the sums.
            g.streams = at_once && bytes > 64 * 1024 ? 1 + std::min(design_.memories, 2) : 0;
            if (next && l == 1) approach(g, next, pass.mine);
            multiply_gradient(g);
            if (d.norm && !d.frozen && d.bias && g.last_row == layer.w.rows)
                for (int p = 0; p < layer.w.panels; p++)  // it takes the mean off: exactly 0, not rounding
                    std::fill_n(layer.w.g + p * layer.w.stride + Size(layer.inputs) * n_, n_, T(0));
            if (fused && !at_once) {
                const Tile<T> tile{layer.w,       layer.w.g + g.first_row * Size(n_), layer.w.stride,
                                   g.first_row,   g.last_row - g.first_row,           0,
                                   layer.w.panels};
                update_[plain(step, layer.w)](step, tile, bad);
                refresh(layer, inputs, {0, layer.panels});
            }
        }
        if (!fused) penalise(step, layer, inputs);
    }
    if (!fused || pass.part.index > 0) return;
    for (const Column& c : columns_)
        if (!c.layer->design->frozen && (c.layer->head || !c.weights)) update_column(step, c, bad);
}

// The same for a layer that sees its inputs by groups: each panel of units has its own rows of W, and
// in these 0 where there is no connection.
template <class T>
void Session<T>::descend_blocks(const Step<T>& step, const Pass& pass, Layer<T>& layer, const T* delta,
                                bool fused, T* bad) {
    const Layer<T>& below = layers_[int(&layer - layers_.data()) - 1];
    const LayerDesign& d = *layer.design;
    const Span mine = pass.part.share(layer.panels);
    for (int p = mine.first; p < mine.last; p++) {
        Block<T> b = layer.w;  // of this panel alone
        const Size at = p * b.stride;
        b.w += at, b.g += at, b.panels = 1;
        for (T*& memory : b.memory) memory += at;
        Gradient<T> g{below.a, below.stride, delta + p * layer.stride, layer.stride, pass.rows, b};
        g.half = pads_half(layer) && p + 1 == layer.panels;
        const Span reach = layer.reach[p];
        const auto rows = [&](int first, int last) {
            g.first_row = first, g.last_row = last;
            k_->gradient(g);
            T* found = b.g + Size(first) * n_;
            if (first < layer.inputs)
                k_->scale_by(layer.connected + layer.connected_at[p], found, found,
                             {last - first, 1, 0, n_, -1});
            else if (d.norm && !d.frozen) std::fill_n(found, n_, T(0));  // as in descend
            if (fused) update_[plain(step, b)](step, {b, found, b.stride, first, last - first, 0, 1}, bad);
        };
        if (reach.count()) rows(reach.first, reach.last);
        if (d.bias) rows(layer.inputs, layer.inputs + 1);
        if (fused) refresh(layer, {reach.first / n_, (reach.last + n_ - 1) / n_}, {p, p + 1});
        else k_->penalise(step, b);
    }
}

// Where the steps are made of clipped rows, g is kept before they take its place.
template <class T>
void Session<T>::keep_gradient(const Part& part) {
    if (!clips_rows()) return;
    part.wait();
    if (part.index == 0) std::copy_n(g_arena_.get(), g_arena_.size(), kept_g_arena_.get());
    part.wait();
}

// Adds what the penalties contribute to the gradient of some inputs' weights.
template <class T>
void Session<T>::penalise(const Step<T>& step, Layer<T>& layer, Span inputs) {
    Block<T> b = layer.w;
    if (!layer.head) {
        const Size first = Size(inputs.first) * n_;
        b.w += first * n_, b.g += first * n_;
        b.weight_rows = int(std::clamp<Size>(inputs.last * Size(n_), first, b.weight_rows) - first);
    }
    k_->penalise(step, b);
}

// A part draws near the rows of the next batch that it will gather itself.
template <class T>
void Session<T>::approach(Gradient<T>& g, const std::int64_t* next, Span mine) {
    for (int m = mine.first; m < mine.last; m++)
        next_rows_[m] = reinterpret_cast<const char*>(
            reinterpret_cast<std::uintptr_t>(x_.x + next[m] * x_.stride) & ~std::uintptr_t(63));
    g.next = next_rows_.data() + mine.first, g.next_rows = mine.count();
    g.next_bytes = int(x_.stride * Size(sizeof(T))) + 60;
}

template <class T>
void Session<T>::update_column(const Step<T>& step, const Column& c, T* bad) {
    const Block<T>& b = *c.block;
    update_[plain(step, b)](step, {b, b.g + c.panel * b.stride, b.stride, 0, b.rows, c.panel, 1}, bad);
}

// The step that the blocks' g asks for; clipping by norm needs all of it first.
template <class T>
void Session<T>::update_blocks(Step<T> step, const Part& part) {
    const Span some = part.share(int(columns_.size()));
    step.l1 = step.l2 = 0;
    if (design_.clip_norm > 0) {
        for (int i = some.first; i < some.last; i++) {
            Column& c = columns_[i];
            const T* g = c.block->g + c.panel * c.block->stride;
            c.squares = 0;
            for (Size k = 0; k < Size(c.block->rows) * n_; k++) {
                const double held = std::clamp(g[k], -step.clip, step.clip);
                c.squares += held * held;
            }
        }
        part.wait();
        double squares = 0;
        for (const Column& c : columns_)
            if (!c.layer->design->frozen) squares += c.squares;
        const double length = std::sqrt(squares);
        if (length > design_.clip_norm) step.factor = T(design_.clip_norm / length);
    }
    for (int i = some.first; i < some.last; i++) {
        const Column& c = columns_[i];
        if (c.layer->design->frozen) continue;
        update_column(step, c, bad_ + part.index * n_);
        if (c.weights && !c.layer->head) refresh(*c.layer, {0, c.layer->w.rows}, {c.panel, c.panel + 1});
    }
}

template <class T>
void Session<T>::limit_norms(const Part& part) {
    const Span some = part.share(int(columns_.size()));
    for (int i = some.first; i < some.last; i++) {
        const Column& c = columns_[i];
        if (c.layer->design->frozen || !c.weights) continue;
        Block<T> b = *c.block;
        if (c.layer->head) {
            const double length = std::sqrt(k_->sum_of_squares(b.w, b.weight_rows, 1, b.stride));
            if (length > design_.max_norm)
                for (int k = 0; k < c.layer->inputs; k++) b.w[k] *= T(design_.max_norm / length);
        } else {
            b.w += c.panel * b.stride, b.panels = 1;
            k_->limit_norms(b, T(design_.max_norm));
            refresh(*c.layer, {0, c.layer->w.rows}, {c.panel, c.panel + 1});
        }
    }
}

// Whether every part's steps left the parameters finite.
template <class T>
bool Session<T>::finite() const {
    for (std::size_t i = 0; i < bad_.size(); i++)
        if (!(bad_[i] == 0)) return false;
    return true;
}

template <class T>
void Session<T>::move_statistics(std::int64_t t) {
    for (Layer<T>& layer : layers_) {
        if (!layer.design || !layer.design->norm || layer.design->frozen) continue;
        const T share = T(std::max(layer.design->norm_momentum, 1.0 / double(t + 1)));
        for (int j = 0; j < layer.columns; j++) {
            layer.running_mean[j] += share * (layer.mean[j] - layer.running_mean[j]);
            layer.running_variance[j] += share * (layer.variance[j] - layer.running_variance[j]);
        }
    }
}

}  // namespace glassnet
