// A network with data and parameters drawn for it, and a session on them.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "../session.hpp"

namespace glassnet::tests {

// Numbers in [-1, 1) that are the same everywhere.
class Draws {
public:
    explicit Draws(std::uint64_t seed) : state(seed * 2 + 1) {}
    double next();

private:
    std::uint64_t state;
};

// Held in double; a session of floats rounds it.
struct Problem {
    Design design;
    int rows;
    std::vector<double> x, y, w, theta;

    // Hidden layers of these units, and outputs on top. Targets suit the loss.
    Problem(int inputs, const std::vector<int>& hidden, const std::string& phi, int outputs,
            const std::string& output_phi, const std::string& loss, int rows);
    void optimizer(const std::string& name);
    void batch_norm();  // on the first layer
    void draw_theta(std::uint64_t seed);
};

template <class T>
class Opened {
public:
    explicit Opened(const Problem& problem);
    Opened(const Opened&) = delete;

    struct Run {
        std::vector<double> costs;
        Ended ended;
    };
    Run run(int batch, int epochs, double rate, const StopRule& stop = {}, int interrupt_after = -1);
    typename Session<T>::Seen gradient();
    std::vector<T> kept_gradient() const;
    std::vector<T> theta() const;
    std::vector<T> read(const std::string& name, int layer) const;
    std::vector<T> predict(int first, int count);
    void make_sparse();  // the same rows as CSR

    Session<T> session;
    const Problem& problem;
    std::vector<T> x, y, w;
    std::vector<std::vector<T>> memory;

private:
    std::vector<T> values_;
    std::vector<std::int32_t> indices_;
    std::vector<std::int64_t> indptr_;
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}
template <class T>
double largest(const std::vector<T>& values) {
    double top = 0;
    for (const T v : values) top = std::max(top, v < 0 ? -double(v) : double(v));
    return top;
}

}  // namespace glassnet::tests
