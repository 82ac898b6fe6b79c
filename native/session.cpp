// Runs, looks, gradients, predictions: a session's verbs.
#include "session.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "steps.hpp"

namespace glassnet {

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
