#include <cmath>

#include "../pairs.hpp"
#include "suites.hpp"

namespace glassnet::tests {

static const char* const optimizers[] = {"sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "irprop"};

// Every option that a run can have, in turns. 100 rows in batches of 48 leave a last one of 4, which
// gives the second and third thread no row.
constexpr int batch = 48;
static Problem with_options(int number, const std::string& optimizer) {
    const int units[] = {1, 7, 16, 33};
    const int n = units[number % 4];
    Problem p(number % 2 ? 17 : 5, {n, 20}, number % 3 ? "relu" : "gelu", number % 2 ? 1 : 3, "identity",
              "squared_error", 100);
    p.optimizer(optimizer);
    if (number & 1) p.design.layers[0].dropout = 0.3;
    if (number & 2) p.batch_norm();
    if (number & 4) p.design.clip_norm = 0.5;
    if (number & 8) p.design.l2 = 0.01, p.design.max_norm = 1.5, p.design.clip_value = 0.2;
    return p;
}

template <class T>
static void learns(const std::string& optimizer) {
    Problem p(4, {9}, "tanh", 1, "identity", "squared_error", 37);
    p.optimizer(optimizer);
    Opened<T> opened(p);
    const int rows = optimizer == "irprop" ? 37 : 16;  // it compares costs of the same rows
    const auto found = opened.run(rows, 40, optimizer == "rmsprop" ? 0.003 : 0.01);
    const std::size_t steps = found.costs.size(), epoch = steps / 40;
    double first = 0, last = 0;
    for (std::size_t i = 0; i < epoch; i++) first += found.costs[i], last += found.costs[steps - 1 - i];
    check(found.ended == Ended::done && last < 0.8 * first, optimizer + " lowers J");
}

// How far the first step of plain gradient descent goes.
template <class T>
static double first_step(const Problem& p, double rate) {
    Opened<T> opened(p);
    const std::vector<T> before = opened.theta();
    opened.run(p.rows, 1, rate);
    const std::vector<T> after = opened.theta();
    double squares = 0;
    for (std::size_t i = 0; i < before.size(); i++)
        squares += std::pow(double(after[i]) - double(before[i]), 2);
    return std::sqrt(squares);
}

template <class T>
static void limits() {
    Problem p(5, {17}, "tanh", 2, "identity", "squared_error", 9);
    p.design.clip_norm = 0.01;
    const double loose = sizeof(T) == 4 ? 1e-4 : 1e-9;
    check_near(first_step<T>(p, 1) / 0.01, 1, loose, "clipping by norm sets the length of the step");
    p.design.clip_norm = 1e6;
    const double free = first_step<T>(p, 1);
    p.design.clip_norm = 0;
    check_near(first_step<T>(p, 1), free, loose, "a norm out of reach clips nothing");
    p.design.clip_value = 1e-3;
    check(first_step<T>(p, 1) <= 1.001e-3 * std::sqrt(double(p.theta.size())), "clipping by value");
    p.design.clip_value = 0, p.design.max_norm = 0.5;
    Opened<T> opened(p);
    opened.run(p.rows, 1, 0.1);
    const std::vector<T> theta = opened.theta();
    double longest = 0;
    for (int j = 0; j < 17; j++) {
        double squares = 0;
        for (int k = 0; k < 5; k++) squares += std::pow(double(theta[std::size_t(j * 5 + k)]), 2);
        longest = std::max(longest, std::sqrt(squares));
    }
    check_near(longest, 0.5, 1e-6, "no unit's weights are longer than max_norm");
}

template <class T>
static void endings() {
    Problem p(5, {17}, "relu", 2, "identity", "squared_error", 37);
    {
        Opened<T> opened(p);
        const auto found = opened.run(16, 200, 1e4);
        check(found.ended == Ended::diverged, "a rate of 1e4 diverges");
        bool finite = true;
        for (const T v : opened.theta()) finite &= std::isfinite(v);
        check(finite, "parameters stay at the last finite step");
    }
    {
        Opened<T> opened(p);
        const int steps = 200000;  // longer than the hundredth of a second after which a run asks
        const auto found = opened.run(16, steps, 1e-6, {}, 0);
        check(found.ended == Ended::interrupted && int(found.costs.size()) < steps, "an interrupt is heard");
        check(opened.session.t() == std::int64_t(found.costs.size()), "an interrupt leaves a whole step");
    }
    {
        Opened<T> opened(p);
        const StopRule stop{true, 1e3, std::numeric_limits<double>::infinity(), 0, 2};
        const auto found = opened.run(16, 50, 0.01, stop);
        check(found.ended == Ended::stopped && found.costs.size() < 30, "the stop rule ends a run");
    }
    for (double& w : p.w) w = 0;
    Opened<T> opened(p);
    const std::vector<T> before = opened.theta();
    opened.run(16, 2, 0.1);
    check(same_bits(before, opened.theta()), "rows without weight move nothing");
}

template <class T>
void training() {
    for (const char* optimizer : optimizers) learns<T>(optimizer);
    limits<T>();
    endings<T>();
}

template <class T>
static void look_by_look(const Problem& p, const std::vector<double>& costs, const std::vector<T>& theta,
                         const std::string& what) {
    Opened<T> watched(p);
    std::vector<double> seen;
    for (int m = 0; m < p.rows; m += batch) {
        std::vector<std::int64_t> rows;
        for (int i = m; i < std::min(m + batch, p.rows); i++) rows.push_back(i * 7 % p.rows);
        const auto s = watched.session.look(rows.data(), int(rows.size()), {0.01});
        seen.push_back(s.loss + s.penalty);
    }
    check(same_bits(seen, costs), what + ": watching changes no cost");
    check(same_bits(watched.theta(), theta), what + ": watching changes no parameter");
}

template <class T>
void sameness() {
    for (int number = 0; number < 16; number++)
        for (const char* optimizer : optimizers) {
            const Problem p = with_options(number, optimizer);
            const std::string what = std::string(optimizer) + ", options " + std::to_string(number);
            Opened<T> plain(p);
            const auto found = plain.run(batch, 1, 0.01);
            const std::vector<T> theta = plain.theta();
            look_by_look<T>(p, found.costs, theta, what);

            Problem shared = p;
            shared.design.threads = 2 + number % 2, shared.design.thread_operations = 1;
            Opened<T> several(shared);
            check(same_bits(several.run(batch, 1, 0.01).costs, found.costs),
                  what + ": threads change no cost");
            check(same_bits(several.theta(), theta), what + ": threads change no parameter");

            Opened<T> sparse(p);
            sparse.make_sparse();
            check(same_bits(sparse.run(batch, 1, 0.01).costs, found.costs), what + ": CSR changes no cost");
            check(same_bits(sparse.theta(), theta), what + ": CSR changes no parameter");
        }
}

// Products of bfloat16 numbers, where the processor has them: near those of float32, and with the same
// bits on several threads.
template <>
void bf16<float>() {
    if (!pair_kernels()) return;
    for (const int units : {1, 2, 7, 16, 17, 33})
        for (const int outputs : {1, 3}) {
            Problem p(units, {units, 20}, "tanh", outputs, "identity", "squared_error", 100);
            const std::string what = "bf16, " + std::to_string(units) + " units";
            Opened<float> exact(p);
            exact.gradient();
            const std::vector<float> g = exact.kept_gradient();
            p.design.bf16 = true;
            Opened<float> rounded(p);
            rounded.gradient();
            std::vector<float> off = rounded.kept_gradient();
            for (std::size_t i = 0; i < g.size(); i++) off[i] -= g[i];
            check(largest(off) <= 0.03 * largest(g), what + ": gradient");
            Problem shared = p;
            shared.design.threads = 3, shared.design.thread_operations = 1;
            Opened<float> one(p), several(shared);
            check(same_bits(one.run(batch, 2, 0.01).costs, several.run(batch, 2, 0.01).costs),
                  what + ": costs");
            check(same_bits(one.theta(), several.theta()), what + ": threads change no parameter");
        }
}
template <>
void bf16<double>() {}

template void training<float>();
template void training<double>();
template void sameness<float>();
template void sameness<double>();

}  // namespace glassnet::tests
