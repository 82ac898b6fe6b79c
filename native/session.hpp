// A State and data in the engine's hands: parameters stay packed between steps.
//
// session.cpp and the files it includes know no instruction set; all arithmetic over batches is in
// the table of kernels. The loops over layers are those of engine/reference.py, in the same order.
#pragma once

#include <cstdlib>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <new>

#include "design.hpp"
#include "kernels.hpp"
#include "team.hpp"

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

// A rank's part of a global batch; see engine/interface.py.
template <class T>
struct Share {
    double weight_sum;
    std::int64_t first_row = 0;
    bool penalised = true;
    std::function<void(T*, int)> total;  // adds numbers up over the ranks, in their place
};

struct PairKernels;

struct StopRule {
    bool active = false;
    double tolerance = 0, best = 0, stale = 0, patience = 0;
};

// How a step is taken: its rate, and the factors of dropout and weight decay.
struct Pace {
    double rate, dropout = 1, decay = 1;
};

struct PlanView {
    const std::int64_t *rows, *offsets;
    const double *rates, *dropout, *decay;  // the last two: null for 1
    int steps;
    const std::int64_t* epoch_ends;
    int epochs;
    StopRule stop;
    Pace pace(int k) const { return {rates[k], dropout ? dropout[k] : 1, decay ? decay[k] : 1}; }
};

enum class Ended { done, diverged, interrupted, stopped };

// How a run went. Part 0 writes it; `halt` is read by every part after each step.
struct Outcome {
    double *costs, *weights;
    const std::function<bool()>& interrupted;
    int taken = 0;
    Ended ended = Ended::done;
    bool halt = false;
    std::exception_ptr error = nullptr;
};

constexpr int piece = 16;  // rows of the batch whose sums are made by one part, where there are members

template <class T>
struct Layer {
    int inputs, units, panels;  // panels of its units
    bool head, keeps_z, plain_relu;
    int columns;               // of its matrices that are used; more than units with several heads
    std::vector<int> places;   // the column of each unit, where it is not the unit's number
    int column(int unit) const { return places.empty() ? unit : places[unit]; }
    const LayerDesign* design;
    int phi;  // -1: softmax; of the last layer, see the heads
    T parameters[4];
    int members = 1;           // rows of its matrices for each row of the batch
    Block<T> w, gamma, beta, kappa, r, s, b;  // the last three of members; plain biases stand in w
    std::vector<Span> reach;    // inputs that a panel of units sees, from a panel's first; empty: all
    std::vector<Span> reached;  // columns of units that see a panel of inputs, likewise
    std::vector<Size> connected_at;
    Numbers<T> connected;       // 1 where a weight is, in the rows that a panel reaches, 0 elsewhere
    bool narrow() const { return !reach.empty(); }
    bool shared() const { return members > 1; }
    bool feeds_bias() const { return design->bias && !shared(); }
    std::array<Block<T>*, 7> blocks() { return {&w, &gamma, &beta, &kappa, &r, &s, &b}; }
    Copies<T> copies;
    Numbers<T> transposed, pairs, transposed_pairs;  // what the copies point into
    Numbers<T> running_mean, running_variance, mean, variance;
    Numbers<T> sums;  // dJ/dgamma and dJ/dbeta of a global batch
    Numbers<T> z, z_tilde, x_hat, fired, mask, a, da, delta;
    Numbers<T> a_columns, a_rows, delta_columns, delta_rows;  // words, see pairs.hpp
    Numbers<T> clipped;  // delta of clipped rows
    Numbers<T> shaped, into;  // of a parametric activation: phi(z), and the derivative by what it gives
    Numbers<T> through;       // dJ/da, which a residual layer passes on
    Numbers<T> u, of_p;  // with members: r a[l - 1], and dJ by its product with W
    Numbers<T> p, of_u;  // that product, and dJ by u: of a part's present rows
    Size present = 0;    // the stride of these
    Numbers<T> r_sums, s_sums, b_sums, w_sums;  // of pieces of a batch
    Size stride = 0;  // of its batch matrices
};

// Outputs with an activation and a loss of their own; each head begins a panel of the last layer.
template <class T>
struct Head {
    int first_unit, units, first_panel, panels;
    int phi, loss;  // -1: softmax, cross_entropy
    T parameters[4], loss_parameters[4];
    bool partner;
    T scale;
};

template <class T>
class Session {
public:
    Session(Design design, const Kernels<T>* kernels);
    ~Session();

    void data(Rows<T> x, const T* y, const T* w) { x_ = x, y_ = y, w_ = w; }
    // Canonical theta, optimizer memory (in the order of its letters) and running statistics.
    void load(const T* theta, const T* const* memory, double J, std::int64_t optimizer_steps, std::int64_t t);
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
    Seen look(const std::int64_t* rows, int count, const Pace& pace);
    // On these rows, or on a share of a batch; `keep` is what can be read of it beside the gradient.
    Seen gradient(const std::int64_t* rows, int count, const Share<T>* share = nullptr, bool keep = true,
                  double dropout = 1);
    bool apply(const T* g, const Pace& pace, double J);  // false: the parameters are not finite
    void forward(Rows<T> x, T* z, T* a);  // z may be null
    void forward_kept(Rows<T> x);

    // What the last look, gradient or forward_kept left behind; false where there is none.
    bool read(const std::string& name, int layer, T* to) const;
    void read_gradient(T* to) const;
    int seen_rows() const { return seen_rows_; }

private:
    struct Flushed;  // sub-normals are 0 while one lives
    struct Saved;

    // A pass over a batch of `rows`, as one part sees it; its own rows are whole vectors.
    struct Pass {
        const Part& part;
        int rows;
        bool training = true, keep = false;
        std::int64_t t = 0;
        double dropout = 1;  // factor of all layers' dropout
        Span mine = part.share(rows, 16);
        int place = part.index;  // where it may write what it alone needs
        const Share<T>* share = nullptr;
        bool joins() const { return share && share->total; }
        double penalised(double weight_sum) const { return share && !share->penalised ? 0 : weight_sum; }
    };
    // What a step moves beside parameters: the same in every part.
    struct Clock {
        std::int64_t t, optimizer_steps;
        double last_cost;
    };
    // A panel of a block, for what is summed or limited unit by unit.
    struct Column {
        Layer<T>* layer;
        Block<T>* block;
        int panel;
        bool weights;  // not batch norm's gamma or beta
        double squares = 0, sizes = 0;
    };

    void lay_out();
    void lay_out_heads();
    void lay_out_blocks(Layer<T>& layer);
    void reserve(int rows, bool keep);
    void reserve_copies(Layer<T>& layer, int panels_below);
    int threads(int rows) const;
    void work(int count, const std::function<void(const Part&)>& each);
    void gather(const Rows<T>& x, const std::int64_t* rows, Span some, Size shift = 0);
    void gather_targets(const std::int64_t* rows, Span some);
    double weigh_rows(const std::int64_t* rows, const Pass& pass);
    void draw_mask(Layer<T>& layer, int number, const Pass& pass);
    void add_up(const Pass& pass, T* numbers, int count);

    Extent extent(const Layer<T>& layer, Span rows, bool ones) const;
    Extent of_panels(const Layer<T>& layer, Span panels, int rows) const;
    T* from_row(const Layer<T>& layer, T* matrix, int m) const;
    bool pads_half(const Layer<T>& layer) const { return (layer.columns + n_ - 1) % n_ < n_ / 2; }
    bool feeds_bias(int l) const { return l < depth() && layers_[l + 1].feeds_bias(); }
    // The rows of a layer's matrices that belong to a part's rows of the batch.
    Span rows_of(const Layer<T>& layer, const Pass& pass) const {
        return {pass.mine.first * layer.members, pass.mine.last * layer.members};
    }
    int depth() const { return int(layers_.size()) - 1; }
    void copy_rows(const Layer<T>& layer, const T* from, Span rows, T* to) const;
    T* scores(const Layer<T>& layer, bool keep) const;
    void forward_pass(const Pass& pass);
    Sharing<T> sharing(const Layer<T>& layer) const;
    int rows_at_once() const;
    T* present(const Layer<T>& layer, T* matrix, const Pass& pass) const;
    template <class F>
    void go_through_some(const Pass& pass, F go_through) const;
    T* sums_at(const Block<T>& b, Numbers<T>& sums, int row) const;
    void share_forward(Layer<T>& layer, const Pass& pass, T* z);
    void share_backward(Layer<T>& layer, const Pass& pass);
    void descend_shared(const Step<T>& step, const Pass& pass, Layer<T>& layer, Span inputs, bool fused,
                        T* bad);
    void copy_means(const Layer<T>& layer, Span rows, T* to) const;
    void copy_panels(const Layer<T>& layer, const T* from, T* to, Span rows) const;
    void activate(const Layer<T>& layer, const T* z, T* a, const Extent& e) const;
    void activate(int phi, const T* parameters, const T* z, T* a, const Extent& e) const;
    void derive(int phi, const T* parameters, const T* z, const T* a, T* g, const Extent& e) const;
    void head_pass(const Head<T>& head, const Pass& pass, bool first);
    Extent extent(const Head<T>& head, Span rows) const;
    void normalise(Layer<T>& layer, const Pass& pass);
    void output_pass(const Pass& pass);
    double batch_loss(int rows) const;
    void backward_pass(const Pass& pass);
    void back_through_norm(Layer<T>& layer, const Pass& pass);
    void clip_rows(const Pass& pass);
    void add_noise(const Part& part, std::int64_t t);
    void sum_penalties(const Part& part, double weight_sum);
    double penalty(double weight_sum) const;

    Step<T> prepare(const Pace& pace, double J, double weight_sum, const Clock& clock) const;
    bool clips_rows() const { return design_.clip_per_sample > 0; }
    void descend(const Step<T>& step, const Pass& pass, bool fused, bool clipped, const std::int64_t* next);
    void keep_gradient(const Part& part);
    Span share_of_inputs(const Part& part, const Layer<T>& layer, int& before) const;
    void penalise(const Step<T>& step, Layer<T>& layer, Span inputs);
    void approach(Gradient<T>& g, const std::int64_t* next, Span mine);
    void update_blocks(Step<T> step, const Part& part);
    void update_column(const Step<T>& step, const Column& c, T* bad);
    void limit_norms(const Part& part);
    bool finite() const;
    void refresh(const Layer<T>& layer, Span inputs, Span units);
    void lay_out_words(Layer<T>& layer);
    void pair(const Layer<T>& layer, const T* from, T* columns, T* rows, int panels, Span some) const;
    void pair_outputs(const Layer<T>& layer, Span some) const;
    void pair_deltas(const Layer<T>& layer, Span some) const;
    void multiply(const Product<T>& product, bool words) const;
    void multiply_gradient(const Gradient<T>& g) const;
    void multiply_blocks(const Product<T>& product, const std::vector<Span>& reach) const;
    void descend_blocks(const Step<T>& step, const Pass& pass, Layer<T>& layer, const T* delta, bool fused,
                        T* bad);
    void copy_weights(const Layer<T>& layer, int panel, Span units) const;
    void refresh();
    void move_statistics(std::int64_t t);
    double cost(const std::int64_t* rows, const Pass& pass, double& weight_sum);
    bool take(const Pass& pass, const Pace& pace, double J, double weight_sum, const std::int64_t* next,
              Clock& clock);
    // A batch that weighs nothing takes no step, unless there is noise to add.
    bool moves(double weight_sum) const { return weight_sum > 0 || design_.noise > 0; }
    Seen see(const std::int64_t* rows, const Pass& pass);
    void steps(const Part& part, const PlanView& plan, int count, Outcome& outcome);
    Clock clock() const { return {t_, optimizer_steps_, last_cost_}; }
    void set(const Clock& c) { t_ = c.t, optimizer_steps_ = c.optimizer_steps, last_cost_ = c.last_cost; }
    void remember();
    void restore();

    Design design_;
    const Kernels<T>* k_;
    const PairKernels* pairs_ = nullptr;  // with bf16
    int n_;  // lanes
    std::vector<Layer<T>> layers_;  // slot 0 holds the input in `a`
    std::vector<Head<T>> heads_;
    std::vector<Column> columns_;
    Numbers<T> w_arena_, memory_arena_[3], g_arena_, kept_g_arena_;
    Numbers<T> y_packed_, weights_, row_loss_, head_weights_, head_loss_;
    Numbers<T> copy_weights_;  // of the rows that come out of the last layer, with members
    const T* out_weights() const { return layers_.back().shared() ? copy_weights_ : weights_; }
    Numbers<T> lengths_, a_squares_, delta_squares_, noise_;  // of clipped rows
    Numbers<T> bad_;  // a vector for each part; no longer 0 once a new parameter is not finite
    std::vector<const char*> next_rows_;
    std::size_t canonical_count = 0;
    double operations_ = 0;  // of a step, for each row
    int tiles_ = 0;          // panels of inputs by panels of units, over all layers
    int capacity_ = 0, seen_rows_ = 0;
    bool kept_ = false, training_ = false, z_written_ = false;
    Rows<T> x_;
    const T *y_ = nullptr, *w_ = nullptr;
    Update<T> update_[2] = {};  // with all that may act on g; plain
    enum class Family { other, rmsprop, adam, irprop } family_ = Family::other;
    std::int64_t t_ = 0, optimizer_steps_ = 0;
    double last_cost_ = 0;
    std::unique_ptr<Saved> saved_;
    std::exception_ptr lost_ = nullptr;  // what Share::total threw
};

extern template class Session<float>;
extern template class Session<double>;

// The best instruction set of the machine, or that of GLASSNET_ISA; throws std::invalid_argument.
std::string instruction_set();
template <class T>
const Kernels<T>* kernels(const std::string& isa);

}  // namespace glassnet
