// What a layer may have beside z and phi: biases of products by blocks, kappa, what it passes on.
#pragma once

#include "outputs.hpp"

namespace glassnet::GLASSNET_ISA {

template <class T, class F>
GLASSNET_INLINE void each_vector(const Extent& e, F f) {
    for (int j = 0; j < unit_panels<T>(e); j++)
        for (int m = 0; m < e.rows; m++) f(j * e.stride + Size(m) * width<T>, j);
}

// z + b, a bias per unit; b_stride: numbers from a panel's biases to the next's.
template <class T>
void add_biases(const T* b, Size b_stride, T* z, const Extent& e) {
    each_vector<T>(
        e, [&](Size at, int j) GLASSNET_LAMBDA { store(z + at, load(z + at) + load(b + j * b_stride)); });
}

template <class T>
void add(const T* from, T* to, const Extent& e) {
    each_vector<T>(e, [&](Size at, int) GLASSNET_LAMBDA { store(to + at, load(to + at) + load(from + at)); });
    if (e.ones >= 0) write_ones(to, e.stride, e.ones, e.rows);
}

// a = z + kappa (f - z), where f = phi(z).
template <class T>
void blend(const T* kappa, const T* z, const T* f, T* a, const Extent& e) {
    each_vector<T>(e, [&](Size at, int j) GLASSNET_LAMBDA {
        const Vec<T> from = load(z + at);
        store(a + at, from + load(kappa + j * width<T>) * (load(f + at) - from));
    });
    if (e.ones >= 0) write_ones(a, e.stride, e.ones, e.rows);
}

// dJ/dkappa: the sums over the rows of g (f - z), where g = dJ/da.
template <class T>
void blend_sums(const T* g, const T* z, const T* f, T* d_kappa, const Extent& e) {
    for (int j = 0; j < unit_panels<T>(e); j++) {
        Vec<T> sum{};
        for (int m = 0; m < e.rows; m++) {
            const Size at = j * e.stride + Size(m) * width<T>;
            sum = fma(load(g + at), load(f + at) - load(z + at), sum);
        }
        store(d_kappa + j * width<T>, sum);
    }
}

// g phi' becomes dJ/dz = g + kappa (g phi' - g).
template <class T>
void blend_back(const T* kappa, const T* g, T* d, const Extent& e) {
    each_vector<T>(e, [&](Size at, int j) GLASSNET_LAMBDA {
        const Vec<T> of_a = load(g + at);
        store(d + at, of_a + load(kappa + j * width<T>) * (load(d + at) - of_a));
    });
}

}  // namespace glassnet::GLASSNET_ISA
