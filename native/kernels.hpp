// The border between the engine and the kernels of one instruction set: plain arguments and a table
// of functions. kernels.cpp fills one table per instruction set and number type; session.cpp calls.
//
// Layout. A matrix of rows by columns lies in panels: panel p holds columns p*width and on, row by
// row, width numbers a row. A batch is (rows, units); a weight block is (inputs + bias, units), its
// last row being the bias, fed by a column of ones that stands right after a batch's last unit.
// Columns that pad the last panel hold 0 in weights and in delta.
#pragma once

#include <cstddef>
#include <cstdint>

namespace glassnet {

using Size = std::ptrdiff_t;

// c = a w, or with c's entries chosen by those of `where` (kept where it is positive, else 0).
template <class T>
struct Product {
    const T* a;
    Size a_stride;  // numbers from a panel to the next
    const T* w;
    Size w_stride;
    T* c;
    Size c_stride;
    const T* where = nullptr;  // same layout as c
    int inner = 0;             // columns of a, rows of w
    int panels = 0;            // of c
    int rows = 0;
    T floor = 0;               // entries below become this: 0 for a relu, -infinity for none
    int ones = -1;             // column of c that is 1 whatever w says; -1: none
    bool half = false;         // the upper half of c's last panel pads
};

// Elements of a batch matrix: rows of `panels` panels.
struct Extent {
    int rows, panels;
    Size stride;
    int units;      // real columns; those after them in the last panel are padding
    int ones = -1;  // column that must become 1; -1: none
};

// How a gradient becomes a step. The numbers' meaning belongs to the optimizer; see optimizers.hpp.
template <class T>
struct Step {
    T rate = 0, decay = 0;      // decay: rate * weight_decay
    T first = 0, second = 0;    // mu; rho; beta_1, beta_2
    T first_rest = 0, second_rest = 0;  // 1 - beta_1, 1 - beta_2, rounded once
    T scale = 1, epsilon = 0;   // Adam's bias correction of v
    T increase = 0, decrease = 0, smallest = 0, largest = 0;
    bool take_back = false;
    T clip = 0;                 // every entry of g within [-clip, clip]
    T factor = 1;               // of g, from clipping by norm
    T l1 = 0, l2 = 0;           // penalties still to be added to g
};

// A block of parameters with its optimizer memory; rows >= weight_rows are biases and the like.
template <class T>
struct Block {
    T *w, *memory[3], *g;
    int rows, panels;
    Size stride;
    int weight_rows;
    T rate = 1, bias_rate = 1, decay_rate = 1;  // multipliers of a step's rate and decay
};

// A tile or all of a block, and its gradient.
template <class T>
struct Tile {
    Block<T> block;
    const T* g;
    Size g_stride;
    int first_row, rows, first_panel, panels;
};

// Copies of a block's weights in other orders; null where there is none.
template <class T>
struct Copies {
    T* transposed = nullptr;  // row k of panel p: unit k's weights of inputs p*width and on
    Size transposed_stride = 0;
    T* pairs = nullptr;       // words of neighbouring rows, see pairs.hpp
    Size pairs_stride = 0;
    T* transposed_pairs = nullptr;
    Size transposed_pairs_stride = 0;
};

template <class T>
using Update = void (*)(const Step<T>&, const Tile<T>&, T* bad);

// dW = a^T delta, tile by tile; each tile goes to `update`, or to the block's g if that is null.
template <class T>
struct Gradient {
    const T* a;
    Size a_stride;
    const T* delta;
    Size delta_stride;
    int batch = 0;
    Block<T> block;
    int first_row = 0, last_row = 0;  // of the block; the first begins a panel of a
    Update<T> update = nullptr;
    const Step<T>* step = nullptr;
    T* bad = nullptr;           // one vector; no longer 0 once a new parameter is not finite
    Copies<T> copies = {};      // renewed after each update
    int streams = 0;            // arrays to prefetch: w and its memory
    const char* const* next = nullptr;  // rows of the next batch, to be drawn nearer
    int next_rows = 0, next_bytes = 0;
    bool half = false;          // the upper half of delta's last panel pads
};

// Loss and its derivative over an output matrix. `head`: one output, a row per lane.
template <class T>
struct Output {
    const T *z, *a, *y, *w;
    T *delta, *row_loss;
    Extent extent;
    bool head, partner;
    T parameters[4];
};

// Which activations dropout keeps; see random_numbers.py. kept: 1 / (1 - rate), limit: rate 2^32.
template <class T>
struct Dropout {
    std::uint64_t seed;
    std::uint32_t step, purpose, limit, first_row;  // first_row: of the batch, in the global one
    T kept;
};

// Rows that are copies: row m belongs to member m % members. See sharing.hpp.
template <class T>
struct Sharing {
    int members;
    Size stride;  // of a panel of r, s or b, which has a row for each member
};

template <class T>
struct Kernels {
    int width;
    int (*find_activation)(const char* name);  // -1: not here
    int (*find_loss)(const char* name);
    int (*find_optimizer)(const char* name);

    void (*copy_row)(const T* from, T* to, Size stride, int columns);  // to: a row of panels
    void (*multiply)(const Product<T>&);
    // Renews the copies of one panel's rows, for some panels of units.
    void (*copy_weights)(const Block<T>&, const Copies<T>&, int panel, int first_panel, int panels);
    void (*gradient)(const Gradient<T>&);
    // phi: a = phi(z), in place or not; derive: g <- g * phi'(z).
    void (*activate)(int phi, const T* p, const T* z, T* a, const Extent&);
    void (*derive)(int phi, const T* p, const T* z, const T* a, T* g, const Extent&);
    void (*softmax)(const T* z, T* a, const Extent&);
    void (*softmax_back)(const T* a, T* g, const Extent&);
    void (*loss)(int kind, const Output<T>&);
    void (*cross_entropy)(const Output<T>&);
    void (*scale_rows)(const T* w, const T* from, T* to, const Extent&, bool head);
    void (*row_squares)(const T* x, T* to, const Extent&, bool head);  // sums of each row

    void (*head_forward)(const T* a, Size stride, const T* w, T bias, T* z, int panels, int rows);
    void (*head_back)(const T* delta, const T* w, T* g, const T* where, const Extent&);
    void (*head_gradient)(const T* a, Size stride, const T* delta, T* g, int units, int batch);

    Update<T> (*optimizer)(int kind, bool plain);  // plain: no penalty, clipping or decay
    // g <- g + penalties' derivatives.
    void (*penalise)(const Step<T>&, const Block<T>&);
    double (*sum_of_squares)(const T* x, int rows, int panels, Size stride);
    double (*sum_of_sizes)(const T* x, int rows, int panels, Size stride);
    void (*limit_norms)(const Block<T>&, T limit);

    void (*mean)(const T* z, const T* w, T* mean, const Extent&);
    void (*variance)(const T* z, const T* w, const T* mean, T* variance, const Extent&);
    void (*normalise)(const T* z, const T* mean, const T* variance, T epsilon, T* x_hat, const T* gamma,
                      const T* beta, T* z_tilde, const Extent&);
    void (*normalise_sums)(const T* g, const T* x_hat, T* d_gamma, T* d_beta, const Extent&);
    void (*normalise_back)(T* g, const T* gamma, const T* x_hat, const T* variance, T epsilon, const T* w,
                           const T* of_gamma, const T* of_beta, const Extent&);
    void (*scale_by)(const T* mask, const T* from, T* to, const Extent&);  // to = from * mask
    // For the rest, see mixing.hpp.
    void (*add_biases)(const T* b, Size b_stride, T* z, const Extent&);
    void (*add)(const T* from, T* to, const Extent&);
    void (*blend)(const T* kappa, const T* z, const T* f, T* a, const Extent&);
    void (*blend_sums)(const T* g, const T* z, const T* f, T* d_kappa, const Extent&);
    void (*blend_back)(const T* kappa, const T* g, T* d, const Extent&);
    // For layers with members, see sharing.hpp.
    void (*share_in)(const Sharing<T>&, const T* r, const T* a, Size a_stride, bool one, T* u, const Extent&);
    void (*share_out)(const Sharing<T>&, const T* s, const T* b, const T* p, Size p_stride, T* z,
                      const Extent&);
    void (*share_back)(const Sharing<T>&, const T* s, const T* delta, const T* p, Size p_stride, T* of_p,
                       T* of_s, T* of_b, const Extent&);
    void (*share_down)(const Sharing<T>&, const T* r, const T* of_u, const T* a, Size a_stride, bool one,
                       T* into, T* of_r, const Extent&);
    // Rows [first, first + count) of a batch's mask, whose first row lies at `mask`.
    void (*draw_mask)(const Dropout<T>&, T* mask, Size stride, int panels, int first, int count);
    // Multiplies and adds in registers, `rounds` times; returns the operations done.
    double (*multiply_and_add)(long rounds, T* to);
    int (*flush_sub_normals)(int state);  // returns the state before; a negative one sets the flags
};

const Kernels<float>* kernels_avx512(float);
const Kernels<double>* kernels_avx512(double);
const Kernels<float>* kernels_avx2(float);
const Kernels<double>* kernels_avx2(double);
const Kernels<float>* kernels_plain(float);
const Kernels<double>* kernels_plain(double);

}  // namespace glassnet
