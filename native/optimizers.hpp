// Optimizers: one struct per name, the twins of glassnet/optim. change() gives what is added to w.
//
// memory[0], memory[1], memory[2] are the optimizer's arrays in the order of `memory`.
#pragma once

#include "functions.hpp"
#include "kernels.hpp"

namespace glassnet::GLASSNET_ISA {

#define GLASSNET_CHANGE(kind)                                                               \
    static constexpr const char* name = kind;                                               \
    template <class T>                                                                      \
    GLASSNET_INLINE static Vec<T> change(Vec<T> g, const Step<T>& s, [[maybe_unused]] T* x, \
                                         [[maybe_unused]] T* y, [[maybe_unused]] T* z)

struct SGD {
    GLASSNET_CHANGE("sgd") { return -s.rate * g; }
};

struct Momentum {  // v
    GLASSNET_CHANGE("momentum") {
        const Vec<T> v = fma(all(s.first), load(x), -s.rate * g);
        store(x, v);
        return v;
    }
};

struct Nesterov {  // v
    GLASSNET_CHANGE("nesterov") {
        const Vec<T> pull = -s.rate * g, v = fma(all(s.first), load(x), pull);
        store(x, v);
        return fma(all(s.first), v, pull);
    }
};

struct RMSprop {  // v
    GLASSNET_CHANGE("rmsprop") {
        const Vec<T> v = fma(all(s.first), load(x), s.first_rest * g * g);
        store(x, v);
        return -s.rate * g / (root(v) + s.epsilon);
    }
};

struct Adam {  // m, v; rate is divided by 1 - beta_1^t, scale is 1 / sqrt(1 - beta_2^t)
    GLASSNET_CHANGE("adam") {
        const Vec<T> m = fma(all(s.first), load(x), s.first_rest * g);
        const Vec<T> v = fma(all(s.second), load(y), s.second_rest * (g * g));
        store(x, m);
        store(y, v);
        return -s.rate * m / fma(root(v), all(s.scale), all(s.epsilon));
    }
};

struct AdamW {
    GLASSNET_CHANGE("adamw") { return Adam::change<T>(g, s, x, y, z); }
};

struct IRprop {  // s, g, change
    GLASSNET_CHANGE("irprop") {
        const Vec<T> length = load(x), before = load(y);
        const Vec<T> agreement = sign<T>(g) * sign<T>(before);
        const Vec<T> grown = between<T>(length * s.increase, s.smallest, s.largest);
        const Vec<T> shrunk = between<T>(length * s.decrease, s.smallest, s.largest);
        const Ints<T> turned = agreement < T(0);
        const Vec<T> next = select<T>(agreement > T(0), grown, select<T>(turned, shrunk, length));
        const Vec<T> back = s.take_back ? -load(z) : Vec<T>{};
        const Vec<T> change = select<T>(turned, back, -next * sign<T>(g));
        store(x, next);
        store(y, select<T>(turned, Vec<T>{}, g));
        store(z, change);
        return change;
    }
};

using Optimizers = List<SGD, Momentum, Nesterov, RMSprop, Adam, AdamW, IRprop>;

// g with what the penalties add: in the same order whether or not it is kept.
template <class T>
GLASSNET_INLINE Vec<T> penalised(Vec<T> g, Vec<T> w, T l2, T l1) {
    g = fma(all(l2), w, g);
    return l1 != T(0) ? fma(all(l1), sign<T>(w), g) : g;
}

// Plain: nothing acts on g, and nothing on w but the optimizer; the same bits, in half the time.
template <class T, class Method, bool Plain>
void update(const Step<T>& s, const Tile<T>& tile, T* bad) {
    constexpr int n = width<T>;
    const Block<T>& b = tile.block;
    Ints<T> seen = bits<T>(load(bad));
    Step<T> of_weights = s, of_biases = s;
    if (!Plain) of_weights.rate *= b.rate, of_weights.decay *= b.decay_rate, of_biases.rate *= b.bias_rate;
    for (int j = 0; j < tile.panels; j++) {
        const Size start = (tile.first_panel + j) * b.stride + Size(tile.first_row) * n;
        const T* gradient = tile.g + j * tile.g_stride;
#pragma GCC unroll 2
        for (int i = 0; i < tile.rows; i++) {
            const bool weight = tile.first_row + i < b.weight_rows;
            const Size at = start + i * n;
            const Vec<T> w = load(b.w + at);
            Vec<T> g = load(gradient + i * n);
            if (!Plain && weight) g = penalised<T>(g, w, s.l2, s.l1);
            if (!Plain) g = between<T>(g, -s.clip, s.clip) * s.factor;
            const Step<T>& how = Plain ? s : weight ? of_weights : of_biases;
            Vec<T> change = Method::template change<T>(g, how, b.memory[0] + at, b.memory[1] + at,
                                                       b.memory[2] + at);
            if (!Plain && weight && s.decay != T(0)) change = fma(all(-of_weights.decay), w, change);
            const Vec<T> after = w + change;
            store(b.w + at, after);
            seen |= bits<T>(after - after);  // 0, or nan where it is not finite
        }
    }
    store(bad, number<T>(seen));
}

template <class T>
void penalise(const Step<T>& s, const Block<T>& b) {
    constexpr int n = width<T>;
    for (int p = 0; p < b.panels; p++)
        for (int k = 0; k < b.weight_rows; k++) {
            const Size at = p * b.stride + Size(k) * n;
            store(b.g + at, penalised<T>(load(b.g + at), load(b.w + at), s.l2, s.l1));
        }
}

// Sums of a block's entries: by panel in T, the panels in double.
template <class T, class F>
GLASSNET_INLINE double sum_over(const T* x, int rows, int panels, Size stride, F term) {
    double total = 0;
    for (int p = 0; p < panels; p++) {
        Vec<T> s[4] = {};
        for (int k = 0; k < rows; k++) {
            Vec<T>& part = s[k % 4];
            part = term(load(x + p * stride + Size(k) * width<T>), part);
        }
        const Vec<T> of_panel = (s[0] + s[1]) + (s[2] + s[3]);
        for (int i = 0; i < width<T>; i++) total += double(of_panel[i]);
    }
    return total;
}
template <class T>
double sum_of_squares(const T* x, int rows, int panels, Size stride) {
    return sum_over<T>(x, rows, panels, stride,
                       [](Vec<T> v, Vec<T> s) GLASSNET_LAMBDA { return fma(v, v, s); });
}
template <class T>
double sum_of_sizes(const T* x, int rows, int panels, Size stride) {
    return sum_over<T>(x, rows, panels, stride,
                       [](Vec<T> v, Vec<T> s) GLASSNET_LAMBDA { return s + size_of<T>(v); });
}

// Max-norm: a unit's weights longer than the limit are scaled back to it; a unit is a lane.
template <class T>
void limit_norms(const Block<T>& b, T limit) {
    constexpr int n = width<T>;
    for (int p = 0; p < b.panels; p++) {
        T* w = b.w + p * b.stride;
        Vec<T> squares{};
        for (int k = 0; k < b.weight_rows; k++) {
            const Vec<T> v = load(w + k * n);
            squares = fma(v, v, squares);
        }
        const Vec<T> length = root(squares);
        const Vec<T> factor = select<T>(length > limit, limit / length, all(T(1)));
        for (int k = 0; k < b.weight_rows; k++) store(w + k * n, load(w + k * n) * factor);
    }
}

}  // namespace glassnet::GLASSNET_ISA
