// Steps: from a gradient to the next parameters, one after the other, until the plan ends.
#include "session.hpp"

#include <algorithm>
#include <chrono>
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

// False where J or the parameters after the step are not finite; then they are as after `remember`
// in the second case, and untouched in the first.
template <class T>
bool Session<T>::one_step(const std::int64_t* rows, int count, double rate, const std::int64_t* next,
                          int next_count, double& J, double& weight_sum) {
    gather(x_, rows, count);
    gather_targets(rows, count);
    weight_sum = weigh_rows(rows, count);
    forward_pass(count, true, false);
    J = output_pass(count) + penalty(weight_sum);
    if (!std::isfinite(J)) return false;
    if (weight_sum <= 0) {
        t_++;
        return true;
    }
    backward_pass(count, false);
    const Step<T> step = prepare(rate, J, weight_sum);
    std::fill_n(bad_.get(), n_, T(0));
    const bool fused = design_.clip_norm <= 0;
    descend(step, count, fused, next && next_count >= count && !x_.indptr ? next : nullptr);
    if (!fused) update_blocks(step);
    if (!finish(J)) return false;
    move_statistics();
    t_++;
    return true;
}

template <class T>
int Session<T>::run(const PlanView& plan, double* costs, double* weights, Ended& ended,
                    const std::function<bool()>& interrupted) {
    const Flushed flushed(k_);
    int most = 1;
    for (int k = 0; k < plan.steps; k++)
        most = std::max(most, int(plan.offsets[k + 1] - plan.offsets[k]));
    reserve(most, false);
    next_rows_.resize(capacity_);
    remember();
    // Rows of a batch beyond 8 kB come from main memory: the next ones are drawn near meanwhile.
    const bool approach = Size(most) * x_.stride * Size(sizeof(T)) > 8192;
    StopRule stop = plan.stop;
    int epoch = 0, epoch_start = 0, until_asked = 1, asked_at = 0;
    auto asked = std::chrono::steady_clock::now();
    ended = Ended::done;
    for (int k = 0; k < plan.steps; k++) {
        if (--until_asked <= 0) {  // about every 20 ms, however long a step is
            const auto now = std::chrono::steady_clock::now();
            const double seconds = std::chrono::duration<double>(now - asked).count();
            if (interrupted()) {
                ended = Ended::interrupted;
                return k;
            }
            const double step_seconds = seconds / std::max(1, k - asked_at);
            until_asked = k ? int(std::clamp(0.02 / (step_seconds + 1e-9), 1.0, 10000.0)) : 1;
            asked = now, asked_at = k;
        }
        const std::int64_t *rows = plan.rows + plan.offsets[k], *next = plan.rows + plan.offsets[k + 1];
        const int count = int(next - rows);
        const bool more = approach && k + 1 < plan.steps;
        const int next_count = more ? int(plan.offsets[k + 2] - plan.offsets[k + 1]) : 0;
        if (!one_step(rows, count, plan.rates[k], more ? next : nullptr, next_count, costs[k], weights[k])) {
            ended = Ended::diverged;
            if (std::isfinite(costs[k])) {
                restore();
                double J, sum;
                for (int i = 0; i < k; i++)
                    one_step(plan.rows + plan.offsets[i], int(plan.offsets[i + 1] - plan.offsets[i]),
                             plan.rates[i], nullptr, 0, J, sum);
            }
            return k + 1;
        }
        if (epoch < plan.epochs && plan.epoch_ends[epoch] == k + 1) {
            double total = 0, sum = 0;
            for (int i = epoch_start; i <= k; i++) total += weights[i], sum += costs[i] * weights[i];
            const double mean = total > 0 ? sum / total : std::nan("");
            stop.stale = mean > stop.best - stop.tolerance ? stop.stale + 1 : 0;
            stop.best = mean < stop.best ? mean : stop.best;
            epoch_start = k + 1, epoch++;
            if (stop.active && stop.stale > stop.patience) {
                ended = Ended::stopped;
                return k + 1;
            }
        }
    }
    return plan.steps;
}

template <class T>
typename Session<T>::Seen Session<T>::look(const std::int64_t* rows, int count, double rate) {
    const Flushed flushed(k_);
    remember();
    Seen seen = gradient(rows, count);
    const double J = seen.loss + seen.penalty;
    if (!seen.finite) return seen;
    if (seen.weight_sum <= 0) {
        t_++;
        return seen;
    }
    std::fill_n(bad_.get(), n_, T(0));
    update_blocks(prepare(rate, J, seen.weight_sum));
    seen.finite = finish(J);
    if (seen.finite) {
        move_statistics();
        t_++;
    } else {
        restore();
    }
    return seen;
}

template <class T>
typename Session<T>::Seen Session<T>::gradient(const std::int64_t* rows, int count) {
    const Flushed flushed(k_);
    reserve(count, true);
    gather(x_, rows, count);
    gather_targets(rows, count);
    Seen seen;
    seen.weight_sum = weigh_rows(rows, count);
    forward_pass(count, true, true);
    seen.loss = output_pass(count);
    seen.penalty = penalty(seen.weight_sum);
    seen.finite = std::isfinite(seen.loss + seen.penalty);
    backward_pass(count, true);
    descend(prepare(0, 0, seen.weight_sum), count, false, nullptr);
    return seen;
}

template <class T>
bool Session<T>::apply(const T* g, double rate, double J) {
    const Flushed flushed(k_);
    each_parameter(layers_, n_, g, [](T& c, Block<T>& b, Size at) { b.g[at] = c; });
    std::fill_n(bad_.get(), n_, T(0));
    update_blocks(prepare(rate, J, 0));
    const bool finite = finish(J);
    if (!finite) optimizer_steps_++, last_cost_ = J;
    t_++;
    return finite;
}

template <class T>
void Session<T>::forward(Rows<T> x, T* z, T* a) {
    const Flushed flushed(k_);
    const Layer<T>& last = layers_[depth()];
    constexpr int block = 256;
    reserve(int(std::min<Size>(x.count, block)), false);
    for (Size start = 0; start < x.count; start += block) {
        const int rows = int(std::min<Size>(block, x.count - start));
        Rows<T> part = x;
        if (x.indptr) part.indptr += start;
        else part.x += start * x.stride;
        gather(part, nullptr, rows);
        forward_pass(rows, false, false);
        read("z_tilde", depth(), z + start * last.units);
        read("a", depth(), a + start * last.units);
    }
}

template <class T>
void Session<T>::forward_kept(Rows<T> x) {
    const Flushed flushed(k_);
    reserve(int(x.count), true);
    gather(x, nullptr, int(x.count));
    forward_pass(int(x.count), false, true);
}

template class Session<float>;
template class Session<double>;

}  // namespace glassnet
