// Layers whose W is shared by members: u = r a, z = s p + b, and the way back. Rows are copies: row m
// belongs to member m % k, whose numbers are row m % k of r, s and b.
#pragma once

#include "outputs.hpp"

namespace glassnet::GLASSNET_ISA {

// f(at, of_a, of_member, panel) for each vector of e; of_a: where a row of a lies that has a row for
// each copy, or one for all copies of it.
template <class T, class F>
GLASSNET_INLINE void each_copy(const Sharing<T>& k, const Extent& e, Size a_stride, bool one, F f) {
    constexpr int n = width<T>;
    for (int j = 0; j < unit_panels<T>(e); j++)
        for (int m = 0; m < e.rows; m += k.members)
            for (int i = 0; i < k.members; i++)
                f(j * e.stride + Size(m + i) * n, j * a_stride + Size(one ? m / k.members : m + i) * n,
                  j * k.stride + Size(i) * n);
}

template <class T>
void share_in(const Sharing<T>& k, const T* r, const T* a, Size a_stride, bool one, T* u, const Extent& e) {
    each_copy<T>(k, e, a_stride, one, [&](Size at, Size of_a, Size own) GLASSNET_LAMBDA {
        store(u + at, load(r + own) * load(a + of_a));
    });
}

template <class T>
void share_out(const Sharing<T>& k, const T* s, const T* b, const T* p, Size p_stride, T* z,
               const Extent& e) {
    if (b)
        each_copy<T>(k, e, p_stride, false, [&](Size at, Size of_p, Size own) GLASSNET_LAMBDA {
            store(z + at, fma(load(s + own), load(p + of_p), load(b + own)));
        });
    else
        each_copy<T>(k, e, p_stride, false, [&](Size at, Size of_p, Size own) GLASSNET_LAMBDA {
            store(z + at, load(s + own) * load(p + of_p));
        });
}

// of_p = s delta; adds delta p to of_s and delta to of_b.
template <class T>
void share_back(const Sharing<T>& k, const T* s, const T* delta, const T* p, Size p_stride, T* of_p, T* of_s,
                T* of_b, const Extent& e) {
    each_copy<T>(k, e, p_stride, false, [&](Size at, Size in_p, Size own) GLASSNET_LAMBDA {
        const Vec<T> d = load(delta + at);
        store(of_p + at, load(s + own) * d);
        store(of_s + own, fma(d, load(p + in_p), load(of_s + own)));
        store(of_b + own, d + load(of_b + own));
    });
}

// Adds of_u a to of_r. Where into is not null: into = r of_u, or the sum of that over the copies of a
// row where a has one row for all.
template <class T>
void share_down(const Sharing<T>& k, const T* r, const T* of_u, const T* a, Size a_stride, bool one, T* into,
                T* of_r, const Extent& e) {
    each_copy<T>(k, e, a_stride, one, [&](Size at, Size of_a, Size own) GLASSNET_LAMBDA {
        const Vec<T> g = load(of_u + at);
        store(of_r + own, fma(g, load(a + of_a), load(of_r + own)));
        if (into && !one) store(into + of_a, load(r + own) * g);
    });
    if (!into || !one) return;
    constexpr int n = width<T>;
    for (int j = 0; j < unit_panels<T>(e); j++)
        for (int m = 0; m < e.rows; m += k.members) {
            Vec<T> sum{};
            for (int i = 0; i < k.members; i++)
                sum = fma(load(r + j * k.stride + Size(i) * n), load(of_u + j * e.stride + Size(m + i) * n),
                          sum);
            store(into + j * a_stride + Size(m / k.members) * n, sum);
        }
}

}  // namespace glassnet::GLASSNET_ISA
