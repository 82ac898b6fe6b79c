// Products of a batch with a weight block: z = a W + b, and dJ/da = delta W.
#pragma once

#include "kernels.hpp"
#include "simd.hpp"

namespace glassnet::GLASSNET_ISA {

// A tile of rows x panels is held in registers: 8 x 3 of 32, or 4 x 3 of 16. With one or two panels
// it may be taller. One fused multiply-add chain per entry, in the order of the inner index, in every
// tile: so a row has the same bits in any batch.
inline constexpr int tile_rows = registers == 32 ? 8 : 4, tile_panels = 3;
inline constexpr int tall_rows = tile_rows * 3 / 2;
inline constexpr Size resident = 720 * 1024;  // bytes of weights (or deltas) kept in the second cache at once
inline constexpr Size near = 8 * 1024;  // bytes of weights that leave the first cache to the rest

// What a product does with an entry of a and a vector of w. Its other kind is Paired, in pairs.cpp.
struct Whole {
    static constexpr bool splits = halves;  // has tiles whose last panel is half a vector wide
    template <class T>
    GLASSNET_INLINE static Vec<T> add(Vec<T> x, Vec<T> w, Vec<T> sum) {
        return fma(x, w, sum);
    }
    template <class T>
    static void copy_weights(const Block<T>&, const Copies<T>&, int, int, int) {}
};

// The sums of a tile in registers: Rows x Panels vectors, the last of each row a half where Split.
template <class T, class Kind, int Rows, int Panels, bool Split>
struct Sums {
    static constexpr int whole = Panels - Split;
    Vec<T> sum[Rows][whole + !whole];
    Half<T> rest[Rows];

    GLASSNET_INLINE Sums() {
        unroll<Rows>([&](auto i) GLASSNET_LAMBDA {
            unroll<whole>([&](auto j) GLASSNET_LAMBDA { sum[i][j] = Vec<T>{}; });
            if constexpr (Split) rest[i] = Half<T>{};
        });
    }
    // x(i) times the row of vectors at w.
    template <class X>
    GLASSNET_INLINE void add(const T* w, Size stride, X x) {
        Vec<T> row[whole + !whole];
        Half<T> last;
        unroll<whole>([&](auto j) GLASSNET_LAMBDA { row[j] = load(w + j * stride); });
        if constexpr (Split) last = *reinterpret_cast<const Half<T>*>(w + whole * stride);
        unroll<Rows>([&](auto i) GLASSNET_LAMBDA {
            const Vec<T> v = all(x(i));
            unroll<whole>([&](auto j)
                              GLASSNET_LAMBDA { sum[i][j] = Kind::template add<T>(v, row[j], sum[i][j]); });
            if constexpr (Split) rest[i] = fma(lower(v), last, rest[i]);
        });
    }
    template <int I, int J>
    GLASSNET_INLINE Vec<T> of() const {
        if constexpr (J == whole) return widened(rest[I]);
        else return sum[I][J];
    }
};

// Tiles one below the other: g.rows is a multiple of Rows.
template <class T, class Kind, int Rows, int Panels, bool Split>
void product_tile(const Product<T>& g) {
    constexpr int n = width<T>;
    const Size ws = g.w_stride, as = g.a_stride, cs = g.c_stride;
    const int whole = g.inner / n, left = g.inner % n;
    const Vec<T> floor = all(g.floor);
    for (Size at = 0; at < Size(g.rows) * n; at += Rows * n) {
        Sums<T, Kind, Rows, Panels, Split> sums;
        const T *a = g.a + at, *w = g.w;
        const auto add = [&](int q) GLASSNET_LAMBDA {
            if constexpr (Rows >= 6)  // w streams from the second cache: 12 rows ahead gained 3 to 9 %
                unroll<Panels>([&](auto j) GLASSNET_LAMBDA { __builtin_prefetch(w + j * ws + n * 12); });
            sums.add(w, ws, [&](auto i) GLASSNET_LAMBDA { return a[i * n + q]; });
            w += n;
        };
        for (int panel = whole; panel > 0; panel--, a += as) {
#pragma GCC unroll 4
            for (int q = 0; q < n; q++) add(q);
        }
        for (int q = 0; q < left; q++) add(q);
        unroll<Panels>([&](auto j) GLASSNET_LAMBDA {
            T* c = g.c + at + j * cs;
            if (g.where) {
                const T* where = g.where + at + j * cs;
                unroll<Rows>([&](auto i) GLASSNET_LAMBDA {
                    const Vec<T> found = sums.template of<i, j>();
                    store(c + i * n, select<T>(load(where + i * n) > T(0), found, Vec<T>{}));
                });
            } else {
                unroll<Rows>([&](auto i) GLASSNET_LAMBDA {
                    store(c + i * n, greatest(floor, sums.template of<i, j>()));
                });
            }
        });
    }
}

template <class T, class Kind>
struct ProductTiles {
    using Function = void (*)(const Product<T>&);
    Function of[2][tall_rows + 1][tile_panels + 1] = {};
    template <int Rows, bool Split>
    constexpr void fill() {
        of[Split][Rows][1] = product_tile<T, Kind, Rows, 1, Split>;
        of[Split][Rows][2] = product_tile<T, Kind, Rows, 2, Split>;
        if constexpr (Rows <= tile_rows) of[Split][Rows][3] = product_tile<T, Kind, Rows, 3, Split>;
        if constexpr (Rows > 1) fill<Rows - 1, Split>();
    }
    constexpr ProductTiles() {
        fill<tall_rows, false>();
        if constexpr (Kind::splits) fill<tall_rows, true>();
    }
};
template <class T, class Kind>
inline constexpr ProductTiles<T, Kind> product_tiles{};

template <class T>
void copy_row(const T* from, T* to, Size stride, int columns) {
    constexpr int n = width<T>;
    int k = 0;
    for (; k + n <= columns; k += n, to += stride) store(to, load_any(from + k));
    for (; k < columns; k++) to[k % n] = from[k];
}

// The column of ones behind the last unit, and zeros behind it.
template <class T>
void write_ones(T* c, Size stride, int ones, int rows) {
    T* p = c + ones / width<T> * stride + ones % width<T>;
    for (int m = 0; m < rows; m++) p[m * width<T>] = T(1);
}

template <class T, class Kind>
void multiply(const Product<T>& g) {
    constexpr int n = width<T>;
    const Size panel_bytes = Size(g.inner) * n * Size(sizeof(T));
    int block = g.panels;
    if (panel_bytes * block > resident) {
        block = int(resident / panel_bytes) / tile_panels * tile_panels;
        if (block < tile_panels) block = tile_panels;
    }
    const int most = (g.panels <= 2 || g.panels == 4) ? tall_rows : tile_rows;
    const int tiles = (g.rows + most - 1) / most;  // of nearly equal height: the first are taller
    const int least = tiles ? g.rows / tiles : 0, taller = tiles ? g.rows % tiles : 0;
    const auto across = [&](int p0, int p1, int m, int height, int count) GLASSNET_LAMBDA {
        int groups = (p1 - p0 + tile_panels - 1) / tile_panels;
        for (int p = p0; p < p1; groups--) {
            const int panels = (p1 - p + groups - 1) / groups;
            Product<T> part = g;
            part.a += Size(m) * n;
            part.w += p * g.w_stride;
            part.c += p * g.c_stride + Size(m) * n;
            if (g.where) part.where += p * g.c_stride + Size(m) * n;
            part.rows = count * height;
            product_tiles<T, Kind>.of[Kind::splits && g.half && p + panels == g.panels][height][panels](part);
            p += panels;
        }
    };
    if (panel_bytes * tile_panels <= near) {  // weights wait in the first cache, and rows pass by
        if (taller) across(0, g.panels, 0, least + 1, taller);
        if (least) across(0, g.panels, taller * (least + 1), least, tiles - taller);
    } else {
        for (int p0 = 0; p0 < g.panels; p0 += block) {
            const int p1 = p0 + block < g.panels ? p0 + block : g.panels;
            for (int t = 0, m = 0; t < tiles; t++) {
                const int height = least + (t < taller);
                across(p0, p1, m, height, 1);
                m += height;
            }
        }
    }
    if (g.ones >= 0) write_ones(g.c, g.c_stride, g.ones, g.rows);
}

// Rows first_row on of w, width of them, become columns: what dJ/da multiplies with.
template <class T>
void transpose_block(const Block<T>& block, T* to, Size to_stride, int panel, int first, int panels) {
    constexpr int n = width<T>;
    const int rows = block.weight_rows - panel * n < n ? block.weight_rows - panel * n : n;
    for (int p = first; p < first + panels; p++) {
        const T* from = block.w + p * block.stride + Size(panel) * n * n;
        Vec<T> r[n];
        if (rows == n) unroll<n>([&](auto i) GLASSNET_LAMBDA { r[i] = load(from + i * n); });
        else
            for (int i = 0; i < n; i++) r[i] = i < rows ? load(from + i * n) : Vec<T>{};
        transpose<T>(r);
        T* column = to + panel * to_stride + Size(p) * n * n;
        unroll<n>([&](auto i) GLASSNET_LAMBDA { store(column + i * n, r[i]); });
    }
}

template <class Kind, class T>
void copy_weights(const Block<T>& block, const Copies<T>& c, int panel, int first, int panels) {
    if (c.transposed && panel * width<T> < block.weight_rows)
        transpose_block(block, c.transposed, c.transposed_stride, panel, first, panels);
    Kind::template copy_weights<T>(block, c, panel, first, panels);
}

// What the processor can do at most, for the benchmark: chains enough to hide the latency.
template <class T>
double multiply_and_add(long rounds, T* to) {
    constexpr int chains = registers / 2 - 4;
    Vec<T> sum[chains], x = all(to[0]), y = all(to[1]);
    unroll<chains>([&](auto i) GLASSNET_LAMBDA { sum[i] = all(T(i)); });
    for (long r = 0; r < rounds; r++) {
        unroll<chains>([&](auto i) GLASSNET_LAMBDA { sum[i] = fma(sum[i], x, y); });
        asm volatile("" ::: "memory");
    }
    unroll<chains>([&](auto i) GLASSNET_LAMBDA { x += sum[i]; });
    store_any(to, x);
    return 2.0 * double(rounds) * chains * width<T>;
}

// One output: a product with a vector is summed over the lanes instead (else all but one idle).
template <class T>
void head_forward(const T* a, Size stride, const T* w, T bias, T* z, int panels, int rows) {
    constexpr int n = width<T>;
    const auto some = [&](auto count, int m) GLASSNET_LAMBDA {
        Vec<T> s[count];
        unroll<count>([&](auto i) GLASSNET_LAMBDA { s[i] = Vec<T>{}; });
        for (int p = 0; p < panels; p++) {
            const Vec<T> weights = load(w + p * n);
            const T* row = a + p * stride + Size(m) * n;
            unroll<count>([&](auto i) GLASSNET_LAMBDA { s[i] = fma(weights, load(row + i * n), s[i]); });
        }
        unroll<count>([&](auto i) GLASSNET_LAMBDA { z[m + i] = sum<T>(s[i]) + bias; });
    };
    int m = 0;
    for (; m + 8 <= rows; m += 8) some(std::integral_constant<int, 8>{}, m);
    for (; m < rows; m++) some(std::integral_constant<int, 1>{}, m);
}

template <class T>
void head_back(const T* delta, const T* w, T* g, const T* where, const Extent& e) {
    constexpr int n = width<T>;
    for (int p = 0; p < e.panels; p++) {
        const Vec<T> weights = load(w + p * n);
        T* to = g + p * e.stride;
        if (where) {
            const T* at = where + p * e.stride;
            for (int m = 0; m < e.rows; m++)
                store(to + m * n, select<T>(load(at + m * n) > T(0), weights * delta[m], Vec<T>{}));
        } else {
            for (int m = 0; m < e.rows; m++) store(to + m * n, weights * delta[m]);
        }
    }
}

// g: a row per panel of weights, then one whose first number is the bias's.
template <class T>
void head_gradient(const T* a, Size stride, const T* delta, T* g, int units, int batch) {
    constexpr int n = width<T>;
    const auto some = [&](auto count, int p) GLASSNET_LAMBDA {
        Vec<T> even[count], odd[count];  // two chains of rows hide the latency of one
        unroll<count>([&](auto i) GLASSNET_LAMBDA { even[i] = odd[i] = Vec<T>{}; });
        const T* column = a + p * stride;
        int m = 0;
        for (; m + 2 <= batch; m += 2) {
            const Vec<T> d0 = all(delta[m]), d1 = all(delta[m + 1]);
            unroll<count>([&](auto i) GLASSNET_LAMBDA {
                even[i] = fma(d0, load(column + i * stride + m * n), even[i]);
                odd[i] = fma(d1, load(column + i * stride + (m + 1) * n), odd[i]);
            });
        }
        if (m < batch)
            unroll<count>([&](auto i) GLASSNET_LAMBDA {
                even[i] = fma(all(delta[m]), load(column + i * stride + m * n), even[i]);
            });
        unroll<count>([&](auto i) GLASSNET_LAMBDA { store(g + (p + i) * n, even[i] + odd[i]); });
    };
    const int panels = (units + n - 1) / n;
    int p = 0;
    for (; p + 4 <= panels; p += 4) some(std::integral_constant<int, 4>{}, p);
    for (; p < panels; p++) some(std::integral_constant<int, 1>{}, p);
    for (int k = units; k < panels * n; k++) g[k] = 0;  // what pads, and the column of ones
    Vec<T> whole{};
    int m = 0;
    for (; m + n <= batch; m += n) whole += load(delta + m);
    T bias = sum<T>(whole);
    for (; m < batch; m++) bias += delta[m];
    g[panels * n] = bias;
}

}  // namespace glassnet::GLASSNET_ISA
