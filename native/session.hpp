// A State and data in the engine's hands: parameters stay packed between steps.
//
// session.cpp and the files it includes know no instruction set; all arithmetic over batches is in
// the table of kernels. The loops over layers are those of engine/reference.py, in the same order.
#pragma once

#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <new>

#include "design.hpp"
#include "kernels.hpp"

namespace glassnet {

// Zeroed numbers on a cache line; large ones on a page, so that they can be huge pages.
template <class T>
class Numbers {
public:
    Numbers() = default;
    explicit Numbers(std::size_t count);
    T* get() const { return held.get(); }
    operator T*() const { return held.get(); }
    std::size_t size() const { return count; }

private:
    struct Free {
        void operator()(T* p) const { std::free(p); }
    };
    std::unique_ptr<T, Free> held;
    std::size_t count = 0;
};

template <class T>
struct Rows {  // dense rows, or CSR where `indptr` is set
    const T* x = nullptr;
    Size stride = 0;
    const std::int64_t* indptr = nullptr;
    const std::int32_t* indices = nullptr;
    Size count = 0;
};

struct StopRule {
    bool active = false;
    double tolerance = 0, best = 0, stale = 0, patience = 0;
};

struct PlanView {
    const std::int64_t *rows, *offsets;
    const double* rates;
    int steps;
    const std::int64_t* epoch_ends;
    int epochs;
    StopRule stop;
};

enum class Ended { done, diverged, interrupted, stopped };

template <class T>
struct Layer {
    int inputs, units, panels;  // panels of its units
    bool head, keeps_z, plain_relu;
    const LayerDesign* design;
    int phi;  // -1: softmax
    T parameters[4];
    Block<T> w, gamma, beta;
    Numbers<T> transposed;
    Size transposed_stride = 0;
    Numbers<T> running_mean, running_variance, mean, variance;
    Numbers<T> z, z_tilde, x_hat, fired, mask, a, da, delta;
    Size stride = 0;  // of its batch matrices
};

template <class T>
class Session {
public:
    Session(Design design, const Kernels<T>* kernels);
    ~Session();

    void data(Rows<T> x, const T* y, const T* w) { x_ = x, y_ = y, w_ = w; }
    // Canonical theta, optimizer memory (in the order of its letters) and running statistics.
    void load(const T* theta, const T* const* memory, double J, std::int64_t optimizer_steps,
              std::int64_t t);
    void load_statistics(int layer, const T* mean, const T* variance);
    void save(T* theta, T* const* memory) const;
    void save_statistics(int layer, T* mean, T* variance) const;
    Size parameters() const { return Size(canonical_count); }
    Size rows() const { return x_.count; }
    int inputs() const { return layers_.front().units; }
    int outputs() const { return layers_.back().units; }
    std::int64_t t() const { return t_; }
    std::int64_t optimizer_steps() const { return optimizer_steps_; }
    double last_cost() const { return last_cost_; }

    // costs and weights have room for every step; returns how many were written.
    int run(const PlanView& plan, double* costs, double* weights, Ended& ended,
            const std::function<bool()>& interrupted);
    struct Seen {
        double loss, penalty, weight_sum;
        bool finite;
    };
    Seen look(const std::int64_t* rows, int count, double rate);
    Seen gradient(const std::int64_t* rows, int count);
    bool apply(const T* g, double rate, double J);
    void forward(Rows<T> x, T* z, T* a);
    void forward_kept(Rows<T> x);

    // What the last look, gradient or forward_kept left behind; false where there is none.
    bool read(const std::string& name, int layer, T* to) const;
    void read_gradient(T* to) const;
    int seen_rows() const { return seen_rows_; }

private:
    struct Flushed;  // sub-normals are 0 while one lives
    struct Saved;

    void lay_out();
    void reserve(int rows, bool keep);
    void gather(const Rows<T>& x, const std::int64_t* rows, int count);
    void gather_targets(const std::int64_t* rows, int count);
    double weigh_rows(const std::int64_t* rows, int count);
    void draw_mask(Layer<T>& layer, int number, int rows);

    Extent extent(const Layer<T>& layer, int rows, bool ones) const;
    bool feeds_bias(int l) const { return l < depth() && layers_[l + 1].design->bias; }
    int depth() const { return int(layers_.size()) - 1; }
    const T* scores(const Layer<T>& layer) const;
    void forward_pass(int rows, bool training, bool keep);
    void activate(Layer<T>& layer, const T* z, T* a, const Extent& e);
    double output_pass(int rows);
    void derive(Layer<T>& layer, const T* a, const Extent& e);
    void backward_pass(int rows, bool keep);
    void back_through_norm(Layer<T>& layer, const Extent& e);
    double penalty(double weight_sum) const;

    Step<T> prepare(double rate, double J, double weight_sum) const;
    void descend(const Step<T>& step, int rows, bool fused, const std::int64_t* next);
    void gradients(const Step<T>& step, int rows);
    void update_blocks(Step<T> step);
    void update_block(const Step<T>& step, const Block<T>& block);
    bool finish(double J);
    void limit_norms();
    void refresh(Layer<T>& layer);
    void move_statistics();
    bool one_step(const std::int64_t* rows, int count, double rate, const std::int64_t* next,
                  int next_count, double& J, double& weight_sum);
    void remember();
    void restore();

    Design design_;
    const Kernels<T>* k_;
    int n_;  // lanes
    std::vector<Layer<T>> layers_;  // slot 0 holds the input in `a`
    Numbers<T> w_arena_, memory_arena_[3], g_arena_;
    Numbers<T> y_packed_, weights_, row_loss_, bad_, out_z_;
    std::vector<const char*> next_rows_;
    std::size_t canonical_count = 0;
    int capacity_ = 0, seen_rows_ = 0;
    bool kept_ = false, training_ = false, z_written_ = false;
    Rows<T> x_;
    const T *y_ = nullptr, *w_ = nullptr;
    Update<T> update_[2] = {};  // with all that may act on g; plain
    enum class Family { other, rmsprop, adam, irprop } family_ = Family::other;
    int loss_ = -1;  // -1: cross_entropy
    std::int64_t t_ = 0, optimizer_steps_ = 0;
    double last_cost_ = 0;
    std::unique_ptr<Saved> saved_;
};

extern template class Session<float>;
extern template class Session<double>;

// The best instruction set of the machine, or that of GLASSNET_ISA; throws std::invalid_argument.
std::string instruction_set();
template <class T>
const Kernels<T>* kernels(const std::string& isa);

}  // namespace glassnet
