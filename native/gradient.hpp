// dW = a^T delta, with the optimizer at the end of each tile, so that dW never goes to memory.
#pragma once

#include "product.hpp"

namespace glassnet::GLASSNET_ISA {

template <class T>
struct GradientTile {
    const T* a;
    const T* delta;
    Size delta_stride;
    int batch;
    T* out;
    Size out_stride;
    const T* ahead[4];  // arrays of the tile that the update will touch
    int streams;
    Size ahead_stride;
};

template <class T, class Kind, int Rows, int Panels, bool Split>
void gradient_tile(const GradientTile<T>& g) {
    constexpr int n = width<T>;
    Sums<T, Kind, Rows, Panels, Split> sums;
    const T *a = g.a, *d = g.delta;
    const Size ds = g.delta_stride;
    const auto add = [&]() GLASSNET_LAMBDA {
        sums.add(d, ds, [&](auto i) GLASSNET_LAMBDA { return a[i]; });
        a += n;
        d += n;
    };
    int m = 0;
    for (int s = 0; s < g.streams; s++)  // a line or two per row, or the loads would queue
        for (int j = 0; j < Panels; j++)
            for (int i = 0; i < Rows; i++) {
                __builtin_prefetch(g.ahead[s] + j * g.ahead_stride + i * n, 1);
                if (m < g.batch && (i & 1)) {
                    add();
                    m++;
                }
            }
#pragma GCC unroll 4
    for (; m < g.batch; m++) add();
    unroll<Panels>([&](auto j) GLASSNET_LAMBDA {
        unroll<Rows>([&](auto i) GLASSNET_LAMBDA {
            store(g.out + j * g.out_stride + i * n, sums.template of<i, j>());
        });
    });
}

template <class T, class Kind>
struct GradientTiles {
    using Function = void (*)(const GradientTile<T>&);
    Function of[2][tile_rows + 1][tile_panels + 1] = {};
    template <int Rows, bool Split>
    constexpr void fill() {
        of[Split][Rows][1] = gradient_tile<T, Kind, Rows, 1, Split>;
        of[Split][Rows][2] = gradient_tile<T, Kind, Rows, 2, Split>;
        of[Split][Rows][3] = gradient_tile<T, Kind, Rows, 3, Split>;
        if constexpr (Rows > 1) fill<Rows - 1, Split>();
    }
    constexpr GradientTiles() {
        fill<tile_rows, false>();
        if constexpr (Kind::splits) fill<tile_rows, true>();
    }
};
template <class T, class Kind>
inline constexpr GradientTiles<T, Kind> gradient_tiles{};

// Walks over the rows of the next batch while this one computes: they come from main memory.
struct Approach {
    const char* const* row;
    int left, bytes, offset = 0, each;
    GLASSNET_INLINE void go() {
        for (int c = 0; c < each && left > 0; c++) {
            __builtin_prefetch(*row + offset, 0, 2);
            offset += 64;
            if (offset >= bytes) offset = 0, row++, left--;
        }
    }
};

template <class T, class Kind>
void gradient(const Gradient<T>& g) {
    constexpr int n = width<T>;
    const Block<T>& b = g.block;
    const Size panel_bytes = Size(g.batch) * n * Size(sizeof(T));
    int block = b.panels;
    if (panel_bytes * block > resident) {
        block = int(resident / panel_bytes) / tile_panels * tile_panels;
        if (block < tile_panels) block = tile_panels;
    }
    alignas(64) T held[n * tile_panels * n];  // rows of one panel of a: 3 kB, in the first cache
    const int tiles = ((g.last_row - g.first_row + tile_rows - 1) / tile_rows) *
                      ((b.panels + tile_panels - 1) / tile_panels);
    Approach next{g.next, tiles ? g.next_rows : 0, g.next_bytes, 0,
                  tiles ? g.next_rows * (g.next_bytes / 64 + 1) / tiles + 1 : 0};
    for (int p0 = 0; p0 < b.panels; p0 += block) {
        const int p1 = p0 + block < b.panels ? p0 + block : b.panels;
        for (int k0 = g.first_row; k0 < g.last_row; k0 += n) {
            int groups = (p1 - p0 + tile_panels - 1) / tile_panels;
            for (int p = p0; p < p1; groups--) {
                const int panels = (p1 - p + groups - 1) / groups;
                for (int k = k0; k < g.last_row && k < k0 + n; k += tile_rows) {
                    int rows = g.last_row - k < tile_rows ? g.last_row - k : tile_rows;
                    if (k + rows > k0 + n) rows = k0 + n - k;
                    const Size at = p * b.stride + Size(k) * n;
                    GradientTile<T> tile{g.a + k0 / n * g.a_stride + k % n,
                                         g.delta + p * g.delta_stride,
                                         g.delta_stride,
                                         g.batch,
                                         g.update ? held + (k - k0) * n : b.g + at,
                                         g.update ? Size(n) * n : b.stride,
                                         {b.w + at, b.memory[0] + at, b.memory[1] + at, b.memory[2] + at},
                                         g.streams,
                                         b.stride};
                    gradient_tiles<T, Kind>.of[Kind::splits && g.half && p + panels == b.panels][rows]
                                              [panels](tile);
                    next.go();
                }
                if (g.update) {
                    const int rows = g.last_row - k0 < n ? g.last_row - k0 : n;
                    g.update(*g.step, {b, held, Size(n) * n, k0, rows, p, panels}, g.bad);
                }
                if (g.update) copy_weights<Kind>(b, g.copies, k0 / n, p, panels);
                p += panels;
            }
        }
    }
}

}  // namespace glassnet::GLASSNET_ISA
