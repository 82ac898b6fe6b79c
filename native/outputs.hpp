// Passes over the entries of a batch: activations, their derivatives, losses.
#pragma once

#include "functions.hpp"
#include "product.hpp"

namespace glassnet::GLASSNET_ISA {

// The lanes of the last panel that hold units.
template <class T>
GLASSNET_INLINE Ints<T> real_lanes(int units) {
    Ints<T> mask{};
    const int last = units % width<T> ? units % width<T> : width<T>;
    for (int i = 0; i < last; i++) mask[i] = -1;
    return mask;
}
template <class T>
GLASSNET_INLINE int unit_panels(const Extent& e) {
    return (e.units + width<T> - 1) / width<T>;
}

template <class T, class F>
void activate(const T* p, const T* z, T* a, const Extent& e) {
    for (int j = 0; j < unit_panels<T>(e); j++)
        for (int m = 0; m < e.rows; m++) {
            const Size at = j * e.stride + Size(m) * width<T>;
            store(a + at, F::template value<T>(load(z + at), p));
        }
    if (e.ones >= 0) write_ones(a, e.stride, e.ones, e.rows);
}

template <class T, class F>
void derive(const T* p, const T* z, const T* a, T* g, const Extent& e) {
    for (int j = 0; j < unit_panels<T>(e); j++)
        for (int m = 0; m < e.rows; m++) {
            const Size at = j * e.stride + Size(m) * width<T>;
            const Vec<T> slope = F::template derivative<T>(load(z + at), load(a + at), p);
            // 0 stays 0, also where the slope of a column that only pads is not finite.
            const Vec<T> into = load(g + at);
            store(g + at, select<T>(into == T(0), Vec<T>{}, into * slope));
        }
}

// max(z - top, half of the lowest number): the difference may overflow.
template <class T>
GLASSNET_INLINE Vec<T> below_top(Vec<T> z, T top) {
    return greatest(all(-Constants<T>::largest / 2), z - top);
}

template <class T>
GLASSNET_INLINE T row_top(const T* z, const Extent& e, Ints<T> real) {
    const int last = unit_panels<T>(e) - 1;
    const Vec<T> lowest = all(T(-__builtin_huge_val()));
    Vec<T> top = select<T>(real, load(z + last * e.stride), lowest);
    for (int j = 0; j < last; j++) top = greatest(top, load(z + j * e.stride));
    return largest_lane<T>(top);
}

// Some rows of one panel, turned: a vector per unit, a row per lane. What is summed over the units of
// a row is then summed for a vector of rows at a time. Lanes without a row hold 0.
template <class T>
struct Turned {
    static constexpr int n = width<T>;
    Vec<T> unit[n];

    GLASSNET_INLINE void read(const T* from, int rows) {
        if (rows == n) unroll<n>([&](auto i) GLASSNET_LAMBDA { unit[i] = load(from + i * n); });
        else
            for (int i = 0; i < n; i++) unit[i] = i < rows ? load(from + i * n) : Vec<T>{};
        transpose<T>(unit);
    }
    GLASSNET_INLINE void write(T* to, int rows) {
        transpose<T>(unit);
        if (rows == n) unroll<n>([&](auto i) GLASSNET_LAMBDA { store(to + i * n, unit[i]); });
        else
            for (int i = 0; i < rows; i++) store(to + i * n, unit[i]);
    }
    GLASSNET_INLINE Vec<T> top(int units) const {
        Vec<T> found = unit[0];
        for (int u = 1; u < units; u++) found = greatest(found, unit[u]);
        return found;
    }
};
// max(z - top, half of the lowest number) again, a top to each lane.
template <class T>
GLASSNET_INLINE Vec<T> below_tops(Vec<T> z, Vec<T> top) {
    return greatest(all(-Constants<T>::largest / 2), z - top);
}

template <class T>
void softmax_of_one_panel(const T* z, T* a, const Extent& e) {
    constexpr int n = width<T>;
    for (int m = 0; m < e.rows; m += n) {
        const int rows = e.rows - m < n ? e.rows - m : n;
        Turned<T> some;
        some.read(z + Size(m) * n, rows);
        const Vec<T> top = some.top(e.units);
        Vec<T> whole{};
        for (int u = 0; u < e.units; u++) {
            some.unit[u] = exp<T>(below_tops<T>(some.unit[u], top));
            whole += some.unit[u];
        }
        for (int u = 0; u < n; u++) some.unit[u] = u < e.units ? some.unit[u] / whole : Vec<T>{};
        some.write(a + Size(m) * n, rows);
    }
    if (e.ones >= 0) write_ones(a, e.stride, e.ones, e.rows);
}

template <class T>
void softmax(const T* z, T* a, const Extent& e) {
    const Ints<T> real = real_lanes<T>(e.units);
    const int panels = unit_panels<T>(e);
    if (panels == 1) return softmax_of_one_panel<T>(z, a, e);
    for (int m = 0; m < e.rows; m++) {
        const T* from = z + Size(m) * width<T>;
        T* to = a + Size(m) * width<T>;
        const T top = row_top<T>(from, e, real);
        Vec<T> total{};
        for (int j = 0; j < panels; j++) {
            Vec<T> power = exp<T>(below_top<T>(load(from + j * e.stride), top));
            if (j == panels - 1) power = select<T>(real, power, Vec<T>{});
            total += power;
            store(to + j * e.stride, power);
        }
        const T whole = sum<T>(total);
        for (int j = 0; j < panels; j++) store(to + j * e.stride, load(to + j * e.stride) / whole);
    }
    if (e.ones >= 0) write_ones(a, e.stride, e.ones, e.rows);
}

template <class T>
void softmax_back(const T* a, T* g, const Extent& e) {
    const int panels = unit_panels<T>(e);
    for (int m = 0; m < e.rows; m++) {
        Vec<T> total{};
        for (int j = 0; j < panels; j++) {  // g is 0 where columns pad, and a is finite there
            const Size at = j * e.stride + Size(m) * width<T>;
            total = fma(load(g + at), load(a + at), total);
        }
        const T dot = sum<T>(total);
        const Ints<T> real = real_lanes<T>(e.units);
        for (int j = 0; j < panels; j++) {
            const Size at = j * e.stride + Size(m) * width<T>;
            Vec<T> back = load(a + at) * (load(g + at) - dot);
            if (j == panels - 1) back = select<T>(real, back, Vec<T>{});
            store(g + at, back);
        }
    }
}

// With its partner a loss gives delta, with another activation dJ/da; neither is weighed yet.
template <class T, class L>
void loss(const Output<T>& o) {
    constexpr int n = width<T>;
    const Extent& e = o.extent;
    const T* p = o.parameters;
    const auto entry = [&](Size at, Vec<T>& slope) GLASSNET_LAMBDA {
        const Vec<T> z = load(o.z + at), a = load(o.a + at), y = load(o.y + at);
        slope = o.partner ? L::template score_derivative<T>(z, a, y, p) : L::template derivative<T>(a, y, p);
        return o.partner ? L::template of_score<T>(z, a, y, p) : L::template of_output<T>(a, y, p);
    };
    if (o.head) {
        for (Size at = 0; at < e.rows; at += n) {
            Vec<T> slope;
            store(o.row_loss + at, entry(at, slope));
            store(o.delta + at, slope);
        }
        return;
    }
    const Ints<T> real = real_lanes<T>(e.units);
    const int last = unit_panels<T>(e) - 1;
    for (int m = 0; m < e.rows; m++) {
        Vec<T> total{};
        for (int j = 0; j <= last; j++) {
            const Size at = j * e.stride + Size(m) * n;
            Vec<T> slope, value = entry(at, slope);
            if (j == last) {
                value = select<T>(real, value, Vec<T>{});
                slope = select<T>(real, slope, Vec<T>{});
            }
            total += value;
            store(o.delta + at, slope);
        }
        o.row_loss[m] = sum<T>(total);
    }
}

// log sum exp (z - top) of rows = log c + log1p(rest / c), c entries being the largest, so that a loss
// near 0 keeps its digits. A row to each lane: a logarithm takes as long as a row's other sums.
template <class T>
struct Peaks {
    static constexpr int n = width<T>;
    alignas(64) T top[n], count[n], rest[n], log_sum[n];

    GLASSNET_INLINE void look(const Output<T>& o, Size row, int i, Ints<T> real) {
        const Extent& e = o.extent;
        const int last = unit_panels<T>(e) - 1;
        top[i] = row_top<T>(o.z + row, e, real);
        Vec<T> highest{}, others{};
        for (int j = 0; j <= last; j++) {
            const Vec<T> below = below_top<T>(load(o.z + row + j * e.stride), top[i]);
            Ints<T> peak = below == T(0), other = ~peak;
            if (j == last) peak &= real, other &= real;
            highest += select<T>(peak, all(T(1)), Vec<T>{});
            others += select<T>(other, exp<T>(below), Vec<T>{});
        }
        count[i] = sum<T>(highest), rest[i] = sum<T>(others);
    }
    GLASSNET_INLINE void take_logarithms(int rows) {
        for (int i = rows; i < n; i++) count[i] = T(1), rest[i] = T(0);
        store(log_sum, log<T>(load(count)) + log1p<T>(load(rest) / load(count)));
    }
};

template <class T>
GLASSNET_INLINE Vec<T> smoothed(const Output<T>& o, Size at, Ints<T> real, bool last) {
    Vec<T> y = load(o.y + at);
    if (o.parameters[0] != T(0)) y = (T(1) - o.parameters[0]) * y + o.parameters[0] / T(o.extent.units);
    return last ? select<T>(real, y, Vec<T>{}) : y;
}

// From softmax's scores: delta = a sum(y) - y.
template <class T>
GLASSNET_INLINE T entropy_of_scores(const Output<T>& o, Size row, T top, T log_sum, Ints<T> real) {
    const int last = unit_panels<T>(o.extent) - 1;
    Vec<T> total{}, mass{};
    for (int j = 0; j <= last; j++) {
        const Size at = row + j * o.extent.stride;
        const Vec<T> y = smoothed<T>(o, at, real, j == last);
        mass += y;
        total += y * (log_sum - below_top<T>(load(o.z + at), top));
    }
    const T whole = sum<T>(mass);
    for (int j = 0; j <= last; j++) {
        const Size at = row + j * o.extent.stride;
        const Vec<T> d = load(o.a + at) * whole - smoothed<T>(o, at, real, j == last);
        store(o.delta + at, j == last ? select<T>(real, d, Vec<T>{}) : d);
    }
    return sum<T>(total);
}

// From outputs of any kind, held within the logarithm's domain: dJ/da = -y / a.
template <class T>
GLASSNET_INLINE T entropy_of_outputs(const Output<T>& o, Size row, Ints<T> real) {
    const int last = unit_panels<T>(o.extent) - 1;
    Vec<T> total{};
    for (int j = 0; j <= last; j++) {
        const Size at = row + j * o.extent.stride;
        const Vec<T> y = smoothed<T>(o, at, real, j == last), a = load(o.a + at);
        total -= y * log<T>(between<T>(a, Constants<T>::smallest, T(1)));
        const Ints<T> within = (a > Constants<T>::smallest) & (a <= T(1));
        store(o.delta + at, select<T>(within, -y / positive<T>(a), Vec<T>{}));
    }
    return sum<T>(total);
}

// entropy_of_scores for the rows of one panel, with Peaks' logarithms.
template <class T>
void entropy_of_one_panel(const Output<T>& o) {
    constexpr int n = width<T>;
    const Extent& e = o.extent;
    const T smoothing = o.parameters[0], floor = smoothing / T(e.units);
    for (int m = 0; m < e.rows; m += n) {
        const int rows = e.rows - m < n ? e.rows - m : n;
        Turned<T> z, y, a;
        z.read(o.z + Size(m) * n, rows);
        y.read(o.y + Size(m) * n, rows);
        a.read(o.a + Size(m) * n, rows);
        const Vec<T> top = z.top(e.units);
        Vec<T> count{}, rest{}, mass{}, total{};
        for (int u = 0; u < e.units; u++) {
            const Vec<T> below = below_tops<T>(z.unit[u], top);
            const Ints<T> peak = below == T(0);
            count += select<T>(peak, all(T(1)), Vec<T>{});
            rest += select<T>(peak, Vec<T>{}, exp<T>(below));
            z.unit[u] = below;
        }
        const Vec<T> log_sum = log<T>(count) + log1p<T>(rest / count);
        for (int u = 0; u < e.units; u++) {
            if (smoothing != T(0)) y.unit[u] = (T(1) - smoothing) * y.unit[u] + floor;
            mass += y.unit[u];
            total += y.unit[u] * (log_sum - z.unit[u]);
        }
        for (int u = 0; u < n; u++) a.unit[u] = u < e.units ? a.unit[u] * mass - y.unit[u] : Vec<T>{};
        a.write(o.delta + Size(m) * n, rows);
        if (rows == n) store_any(o.row_loss + m, total);
        else
            for (int i = 0; i < rows; i++) o.row_loss[m + i] = total[i];
    }
}

template <class T>
void cross_entropy(const Output<T>& o) {
    constexpr int n = width<T>;
    if (o.partner && unit_panels<T>(o.extent) == 1) return entropy_of_one_panel<T>(o);
    const Ints<T> real = real_lanes<T>(o.extent.units);
    Peaks<T> peaks;
    for (int first = 0; first < o.extent.rows; first += n) {
        const int rows = o.extent.rows - first < n ? o.extent.rows - first : n;
        const auto row = [&](int i) { return Size(first + i) * n; };
        if (o.partner) {
            for (int i = 0; i < rows; i++) peaks.look(o, row(i), i, real);
            peaks.take_logarithms(rows);
        }
        for (int i = 0; i < rows; i++)
            o.row_loss[first + i] = o.partner ? entropy_of_scores<T>(o, row(i), peaks.top[i],
                                                                     peaks.log_sum[i], real)
                                              : entropy_of_outputs<T>(o, row(i), real);
    }
}

template <class T>
void scale_rows(const T* w, const T* from, T* to, const Extent& e, bool head) {
    constexpr int n = width<T>;
    if (head) {
        for (Size at = 0; at < e.rows; at += n) store(to + at, load(from + at) * load(w + at));
        return;
    }
    for (int j = 0; j < unit_panels<T>(e); j++)
        for (int m = 0; m < e.rows; m++) {
            const Size at = j * e.stride + Size(m) * n;
            store(to + at, load(from + at) * w[m]);
        }
}

// The sum of the squares of each row's units.
template <class T>
void row_squares(const T* x, T* to, const Extent& e, bool head) {
    constexpr int n = width<T>;
    if (head) {
        for (Size at = 0; at < e.rows; at += n) store(to + at, load(x + at) * load(x + at));
        return;
    }
    const Ints<T> real = real_lanes<T>(e.units);
    const int last = unit_panels<T>(e) - 1;
    for (int m = 0; m < e.rows; m++) {
        const T* row = x + Size(m) * n;
        Vec<T> total{};
        for (int j = 0; j < last; j++) {
            const Vec<T> v = load(row + j * e.stride);
            total = fma(v, v, total);
        }
        const Vec<T> v = select<T>(real, load(row + last * e.stride), Vec<T>{});
        to[m] = sum<T>(fma(v, v, total));
    }
}

}  // namespace glassnet::GLASSNET_ISA
