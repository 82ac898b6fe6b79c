#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "suites.hpp"

namespace glassnet::tests {

// Ranks that add numbers up among themselves, in the order of their numbers.
template <class T>
class Meeting {
public:
    explicit Meeting(int count) : parts(std::size_t(count)) {}

    void total(int rank, T* numbers, int count) {
        std::unique_lock lock(held);
        parts[std::size_t(rank)].assign(numbers, numbers + count);
        meet(lock);
        for (int i = 0; i < count; i++) {
            T sum = 0;
            for (const auto& part : parts) sum += part[std::size_t(i)];
            numbers[i] = sum;
        }
        meet(lock);
    }

private:
    void meet(std::unique_lock<std::mutex>& lock) {
        const int now = round;
        if (++here == int(parts.size())) here = 0, round++, all.notify_all();
        else all.wait(lock, [&] { return round != now; });
    }
    std::mutex held;
    std::condition_variable all;
    std::vector<std::vector<T>> parts;
    int here = 0, round = 0;
};

// Every rank's gradient on its rows, added up; the cuts begin with 0 and end with the number of rows.
template <class T>
static std::vector<double> added_up(const Problem& p, const std::vector<int>& cuts, bool keep, double& J) {
    const int ranks = int(cuts.size()) - 1;
    Meeting<T> meeting(ranks);
    std::vector<std::vector<T>> found(static_cast<std::size_t>(ranks));
    std::vector<double> costs(static_cast<std::size_t>(ranks));
    double weight_sum = 0;
    for (const double w : p.w) weight_sum += double(T(w));
    const auto work = [&](int rank) {
        const int first = cuts[std::size_t(rank)], last = cuts[std::size_t(rank) + 1];
        Opened<T> opened(p);
        std::vector<std::int64_t> rows;
        for (int m = first; m < last; m++) rows.push_back(m);
        Share<T> share{weight_sum, first, rank == 0,
                       [&](T* numbers, int count) { meeting.total(rank, numbers, count); }};
        const auto seen = opened.session.gradient(rows.data(), int(rows.size()), &share, keep);
        found[std::size_t(rank)] = opened.kept_gradient();
        costs[std::size_t(rank)] = seen.loss + seen.penalty;
    };
    std::vector<std::thread> threads;
    for (int rank = 0; rank < ranks; rank++) threads.emplace_back(work, rank);
    for (std::thread& thread : threads) thread.join();
    J = 0;
    std::vector<double> g(p.theta.size());
    for (int rank = 0; rank < ranks; rank++) {
        J += costs[std::size_t(rank)];
        for (std::size_t i = 0; i < g.size(); i++) g[i] += double(found[std::size_t(rank)][i]);
    }
    return g;
}

template <class T>
void shares() {
    const double tolerance = 300 * double(std::numeric_limits<T>::epsilon());
    for (const int threads : {1, 3})
        for (const char* phi : {"relu", "gelu"}) {
            Problem p(17, {33, 20}, phi, threads == 1 ? 3 : 1, "identity", "squared_error", 100);
            p.design.layers[1].dropout = 0.3, p.design.l2 = 0.01;
            p.design.threads = threads, p.design.thread_operations = 1;
            p.batch_norm();
            const std::string what = std::string(phi) + " on " + std::to_string(threads) + " threads";
            Opened<T> whole(p);
            const auto seen = whole.gradient();
            const std::vector<T> wanted = whole.kept_gradient();
            for (const auto& cuts : {std::vector<int>{0, 100}, {0, 55, 100}, {0, 1, 48, 48, 99, 100, 100}}) {
                double J, other;
                const std::vector<double> g = added_up<T>(p, cuts, true, J);
                double off = 0;
                for (std::size_t i = 0; i < g.size(); i++)
                    off = std::max(off, std::abs(g[i] - double(wanted[i])));
                const std::string of = what + ", " + std::to_string(cuts.size() - 1) + " ranks";
                check_near(J, seen.loss + seen.penalty, tolerance, of + ": J");
                check_near(off / largest(wanted), 0, tolerance, of + ": gradient");
                check(same_bits(added_up<T>(p, cuts, false, other), g), of + ": keeping changes no bit");
            }
        }
    Problem p(3, {5}, "tanh", 2, "identity", "squared_error", 7);
    p.batch_norm();
    Opened<T> opened(p);
    const std::int64_t rows[] = {0, 1, 2};
    Share<T> share{3, 0, true, [](T*, int) { throw std::runtime_error("a rank is gone"); }};
    bool thrown = false;
    try {
        opened.session.gradient(rows, 3, &share);
    } catch (const std::runtime_error&) {
        thrown = true;
    }
    check(thrown, "what goes wrong between ranks comes out");
}

template void shares<float>();
template void shares<double>();

}  // namespace glassnet::tests
