// Batch norm and dropout, a unit per lane.
#pragma once

#include "outputs.hpp"

namespace glassnet::GLASSNET_ISA {

template <class T>
void mean(const T* z, const T* w, T* mean, const Extent& e) {
    constexpr int n = width<T>;
    for (int j = 0; j < unit_panels<T>(e); j++) {
        const T* column = z + j * e.stride;
        Vec<T> centre{};
        for (int m = 0; m < e.rows; m++) centre = fma(all(w[m]), load(column + m * n), centre);
        store(mean + j * n, centre);
    }
}

template <class T>
void variance(const T* z, const T* w, const T* mean, T* variance, const Extent& e) {
    constexpr int n = width<T>;
    for (int j = 0; j < unit_panels<T>(e); j++) {
        const T* column = z + j * e.stride;
        const Vec<T> centre = load(mean + j * n);
        Vec<T> spread{};
        for (int m = 0; m < e.rows; m++) {
            const Vec<T> off = load(column + m * n) - centre;
            spread = fma(w[m] * off, off, spread);
        }
        store(variance + j * n, spread);
    }
}

template <class T>
void normalise(const T* z, const T* mean, const T* variance, T epsilon, T* x_hat, const T* gamma,
               const T* beta, T* z_tilde, const Extent& e) {
    constexpr int n = width<T>;
    for (int j = 0; j < unit_panels<T>(e); j++) {
        const Vec<T> centre = load(mean + j * n), scale = root(load(variance + j * n) + epsilon);
        const Vec<T> up = load(gamma + j * n), shift = load(beta + j * n);
        for (int m = 0; m < e.rows; m++) {
            const Size at = j * e.stride + Size(m) * n;
            const Vec<T> x = (load(z + at) - centre) / scale;
            store(x_hat + at, x);
            store(z_tilde + at, up * x + shift);
        }
    }
}

// Sums over the rows of g = dJ/dz~: dJ/dgamma and dJ/dbeta.
template <class T>
void normalise_sums(const T* g, const T* x_hat, T* d_gamma, T* d_beta, const Extent& e) {
    constexpr int n = width<T>;
    for (int j = 0; j < unit_panels<T>(e); j++) {
        Vec<T> of_gamma{}, of_beta{};
        for (int m = 0; m < e.rows; m++) {
            const Size at = j * e.stride + Size(m) * n;
            of_gamma = fma(load(g + at), load(x_hat + at), of_gamma);
            of_beta += load(g + at);
        }
        store(d_gamma + j * n, of_gamma);
        store(d_beta + j * n, of_beta);
    }
}

// g = dJ/dz~ becomes dJ/dz, given the sums over the whole batch. Without w the statistics were
// constants.
template <class T>
void normalise_back(T* g, const T* gamma, const T* x_hat, const T* variance, T epsilon, const T* w,
                    const T* of_gamma, const T* of_beta, const Extent& e) {
    constexpr int n = width<T>;
    for (int j = 0; j < unit_panels<T>(e); j++) {
        const Vec<T> up = load(gamma + j * n), scale = root(load(variance + j * n) + epsilon);
        const Vec<T> through_mean = up * load(of_beta + j * n);
        const Vec<T> through_variance = up * load(of_gamma + j * n);
        for (int m = 0; m < e.rows; m++) {
            const Size at = j * e.stride + Size(m) * n;
            Vec<T> d = load(g + at) * up;
            if (w) d -= w[m] * fma(load(x_hat + at), through_variance, through_mean);
            store(g + at, d / scale);
        }
    }
}

template <class T>
void scale_by(const T* mask, const T* from, T* to, const Extent& e) {
    for (int j = 0; j < unit_panels<T>(e); j++)
        for (int m = 0; m < e.rows; m++) {
            const Size at = j * e.stride + Size(m) * width<T>;
            store(to + at, load(from + at) * load(mask + at));
        }
    if (e.ones >= 0) write_ones(to, e.stride, e.ones, e.rows);
}

}  // namespace glassnet::GLASSNET_ISA
