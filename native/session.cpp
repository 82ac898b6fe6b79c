// Runs, looks, gradients, predictions: a session's verbs.
#include "session.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "steps.hpp"

namespace glassnet {

// How many threads a pass over these rows is worth.
template <class T>
int Session<T>::threads(int rows) const {
    const double most = std::min(operations_ * rows / design_.thread_operations, (rows + 15) / 16.0);
    return int(std::clamp(most, 1.0, std::max(1.0, double(design_.threads))));
}

template <class T>
void Session<T>::work(int count, const std::function<void(const Part&)>& each) {
    std::fill_n(bad_.get(), bad_.size(), T(0));
    together(count, [&](const Part& part) {
        const Flushed flushed(k_);
        each(part);
    });
}

// Rows to J, in every part; what a part needs of the others' rows is there when it returns.
template <class T>
double Session<T>::cost(const std::int64_t* rows, const Pass& pass, double& weight_sum) {
    gather(x_, rows, pass.mine);
    gather_targets(rows, pass.mine);
    weight_sum = weigh_rows(rows, pass);
    pair_outputs(layers_[0], pass.mine);
    sum_penalties(pass.part, pass.penalised(weight_sum));
    const auto go_through = [&](const Pass& some) {
        forward_pass(some);
        output_pass(some);
        backward_pass(some);
    };
    if (!layers_.back().shared()) go_through(pass);
    else go_through_some(pass, go_through);
    pass.part.wait();
    return batch_loss(pass.rows) + penalty(pass.penalised(weight_sum));
}

// The step that the last cost() asks for; false where the parameters after it are not finite.
template <class T>
bool Session<T>::take(const Pass& pass, const Pace& pace, double J, double weight_sum,
                      const std::int64_t* next, Clock& clock) {
    const Step<T> step = prepare(pace, J, design_.noise > 0 ? design_.noise_rows : weight_sum, clock);
    const bool fused = design_.clip_norm <= 0 && design_.noise <= 0 && !pass.keep;
    if (clips_rows()) {
        clip_rows(pass);
        pass.part.wait();
    }
    descend(step, pass, fused, clips_rows(), next);
    if (!fused) {
        pass.part.wait();
        if (design_.noise > 0) add_noise(pass.part, clock.t);
        update_blocks(step, pass.part);
    }
    if (design_.max_norm > 0) {
        pass.part.wait();
        limit_norms(pass.part);
    }
    pass.part.wait();
    if (!finite()) return false;
    clock.optimizer_steps++, clock.last_cost = J;
    if (pass.part.index == 0) move_statistics(clock.t);
    return true;
}

// Every part walks through the plan by itself and sees the same costs, so all end at the same step.
template <class T>
void Session<T>::steps(const Part& part, const PlanView& plan, int count, Outcome& outcome) {
    const bool first = part.index == 0;
    const auto rows_of = [&](int k) { return int(plan.offsets[k + 1] - plan.offsets[k]); };
    // Rows of a batch beyond 8 kB come from main memory: the next ones are drawn near meanwhile.
    const bool ahead = !x_.indptr && count > 0 && Size(rows_of(0)) * x_.stride * Size(sizeof(T)) > 8192;
    StopRule stop = plan.stop;
    Clock now = clock();
    double epoch_cost = 0, epoch_weight = 0;
    int epoch = 0, until_asked = 1, asked_at = 0;
    auto asked = std::chrono::steady_clock::now();
    for (int k = 0; k < count; k++) {
        const std::int64_t *rows = plan.rows + plan.offsets[k], *next = plan.rows + plan.offsets[k + 1];
        const bool more = ahead && k + 1 < count && rows_of(k + 1) >= rows_of(k);
        const Pace pace = plan.pace(k);
        const Pass pass{part, rows_of(k), true, false, now.t, pace.dropout};
        double weight_sum;
        const double J = cost(rows, pass, weight_sum);
        if (first) {
            outcome.costs[k] = J, outcome.weights[k] = weight_sum, outcome.taken = k + 1;
            if (--until_asked <= 0) {  // about every 20 ms, however long a step is
                const auto time = std::chrono::steady_clock::now();
                const double seconds = std::chrono::duration<double>(time - asked).count();
                const double each = seconds / (k + 1 - asked_at);
                until_asked = int(std::clamp(0.02 / (each + 1e-9), 1.0, 10000.0));
                if (seconds > 0.01) {
                    try {
                        outcome.halt = outcome.interrupted();
                    } catch (...) {
                        outcome.halt = true, outcome.error = std::current_exception();
                    }
                    asked = time, asked_at = k + 1;
                }
            }
        }
        bool good = std::isfinite(J);
        if (good && moves(weight_sum)) good = take(pass, pace, J, weight_sum, more ? next : nullptr, now);
        else part.wait();
        if (!good) {
            if (first) outcome.ended = Ended::diverged;
            break;
        }
        now.t++;
        if (outcome.halt) {
            if (first) outcome.ended = Ended::interrupted;
            break;
        }
        epoch_cost += J * weight_sum, epoch_weight += weight_sum;
        if (epoch < plan.epochs && plan.epoch_ends[epoch] == k + 1) {
            const double mean = epoch_weight > 0 ? epoch_cost / epoch_weight : std::nan("");
            stop.stale = mean > stop.best - stop.tolerance ? stop.stale + 1 : 0;
            stop.best = mean < stop.best ? mean : stop.best;
            epoch++, epoch_cost = epoch_weight = 0;
            if (stop.active && stop.stale > stop.patience) {
                if (first) outcome.ended = Ended::stopped;
                break;
            }
        }
    }
    part.wait();
    if (first) set(now);
}

template <class T>
int Session<T>::run(const PlanView& plan, double* costs, double* weights, Ended& ended,
                    const std::function<bool()>& interrupted) {
    int most = 1;
    for (int k = 0; k < plan.steps; k++) most = std::max(most, int(plan.offsets[k + 1] - plan.offsets[k]));
    reserve(most, false);
    next_rows_.resize(capacity_);
    remember();
    training_ = true, z_written_ = false;
    const auto take_steps = [&](int count, const std::function<bool()>& asked) {
        Outcome outcome{costs, weights, asked};
        work(threads(most), [&](const Part& part) { steps(part, plan, count, outcome); });
        if (outcome.error) std::rethrow_exception(outcome.error);
        return outcome;
    };
    const Outcome outcome = take_steps(plan.steps, interrupted);
    // The last step spoilt the parameters: back to the start, and again up to the step before it.
    if (outcome.ended == Ended::diverged && std::isfinite(costs[outcome.taken - 1])) {
        restore();
        take_steps(outcome.taken - 1, [] { return false; });
    }
    ended = outcome.ended;
    return outcome.taken;
}

// J and its gradient on a batch, everything kept.
template <class T>
typename Session<T>::Seen Session<T>::see(const std::int64_t* rows, const Pass& pass) {
    Seen seen;
    cost(rows, pass, seen.weight_sum);
    seen.loss = batch_loss(pass.rows);
    seen.penalty = penalty(pass.penalised(seen.weight_sum));
    seen.finite = std::isfinite(seen.loss + seen.penalty);
    return seen;
}

template <class T>
typename Session<T>::Seen Session<T>::look(const std::int64_t* rows, int count, const Pace& pace) {
    reserve(count, true);
    remember();
    training_ = z_written_ = true, seen_rows_ = count;
    Seen found;
    work(threads(count), [&](const Part& part) {
        const Pass pass{part, count, true, true, t_, pace.dropout};
        Clock now = clock();
        Seen seen = see(rows, pass);
        const bool step = seen.finite && moves(seen.weight_sum);
        if (!step || clips_rows()) {  // what is read is the gradient of J, whatever the step is made of
            descend(prepare({0}, 0, seen.weight_sum, now), pass, false, false, nullptr);
            keep_gradient(part);
        }
        if (step) seen.finite = take(pass, pace, seen.loss + seen.penalty, seen.weight_sum, nullptr, now);
        part.wait();
        if (part.index > 0) return;
        if (seen.finite) now.t++, set(now);
        found = seen;
    });
    if (!found.finite && std::isfinite(found.loss + found.penalty)) restore();
    return found;
}

template <class T>
typename Session<T>::Seen Session<T>::gradient(const std::int64_t* rows, int count, const Share<T>* share,
                                               bool keep, double dropout) {
    reserve(count, keep);
    training_ = true, z_written_ = keep, seen_rows_ = keep ? count : 0;
    lost_ = nullptr;
    Seen found;
    work(threads(count), [&](const Part& part) {
        Pass pass{part, count, true, keep, t_, dropout};
        pass.share = share;
        const Seen seen = see(rows, pass);
        descend(prepare({0}, 0, pass.penalised(seen.weight_sum), clock()), pass, false, false, nullptr);
        keep_gradient(part);
        if (part.index == 0) found = seen;
    });
    if (lost_) std::rethrow_exception(lost_);
    return found;
}

template <class T>
bool Session<T>::apply(const T* g, const Pace& pace, double J) {
    each_parameter(layers_, n_, g, [](T& c, Block<T>& b, Size at) { b.g[at] = c; });
    // What is moved through memory takes as long as some 500 operations for each parameter.
    const double worth = 500.0 * double(canonical_count) / design_.thread_operations;
    const int count = int(std::clamp(worth, 1.0, std::max(1.0, double(design_.threads))));
    work(count, [&](const Part& part) {
        update_blocks(prepare(pace, J, 0, clock()), part);
        if (design_.max_norm <= 0) return;
        part.wait();
        limit_norms(part);
    });
    set({t_ + 1, optimizer_steps_ + 1, J});
    return finite();
}

template <class T>
void Session<T>::forward(Rows<T> x, T* z, T* a) {
    const Layer<T>& last = layers_[depth()];
    const int block = last.shared() ? rows_at_once() : 256;
    const int blocks = int((x.count + block - 1) / block);
    const int most = std::min(threads(int(std::min<Size>(x.count, 1 << 24))), std::max(1, blocks));
    reserve(int(std::min<Size>(x.count, Size(block) * most)), false);
    training_ = z_written_ = false;
    work(most, [&](const Part& part) {
        const Part alone;
        const Span mine = part.share(blocks);
        for (Size b = mine.first; b < mine.last; b++) {
            const int rows = int(std::min<Size>(block, x.count - b * block)), at = part.index * block;
            const Pass pass{alone, rows, false, false, t_, 1, {at, at + rows}, part.index};
            gather(x, nullptr, pass.mine, b * block - at);
            forward_pass(pass);
            T* to = a + b * block * last.units;
            if (last.shared()) {
                copy_means(last, rows_of(last, pass), to);
                continue;
            }
            if (z) copy_rows(last, scores(last, false), pass.mine, z + b * block * last.units);
            copy_rows(last, last.a, pass.mine, to);
        }
    });
}

template <class T>
void Session<T>::forward_kept(Rows<T> x) {
    const int rows = int(x.count);
    reserve(rows, true);
    training_ = false, z_written_ = true, seen_rows_ = rows;
    work(threads(rows), [&](const Part& part) {
        const Pass pass{part, rows, false, true, t_};
        gather(x, nullptr, pass.mine);
        if (!layers_.back().shared()) forward_pass(pass);
        else go_through_some(pass, [&](const Pass& some) { forward_pass(some); });
    });
}

template class Session<float>;
template class Session<double>;

}  // namespace glassnet
