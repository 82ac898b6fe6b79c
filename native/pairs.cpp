// The kernels of bfloat16 products. CMake compiles this file with the flags of AVX512-BF16.
#include "pairs.hpp"

#include "gradient.hpp"

namespace glassnet {
namespace GLASSNET_ISA {
namespace {

using V = Vec<float>;

// Words of two rows: the lower halves hold `low`, rounded to the nearest even bfloat16.
GLASSNET_INLINE V words_of_rows(V low, V high) {
    alignas(64) static constexpr std::int16_t order[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                           21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                           11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(high, low);
    return (V)_mm512_permutexvar_epi16(_mm512_load_si512(order), both);
}

struct Paired {
    static constexpr bool splits = false;
    template <class T>
    GLASSNET_INLINE static V add(V x, V w, V sum) {
        return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)w);
    }
    template <class T>
    static void copy_weights(const Block<float>& b, const Copies<float>& c, int panel, int first, int panels);
};

void pair_columns(const float* from, float* to, const Extent& e) {
    for (int p = 0; p < e.panels; p += 2)
        for (int m = 0; m < e.rows; m++) {
            const float* row = from + p * e.stride + Size(m) * 16;
            const V next = p + 1 < e.panels ? load(row + e.stride) : V{};
            store(to + p / 2 * e.stride + Size(m) * 16, (V)_mm512_cvtne2ps_pbh(next, load(row)));
        }
}

void pair_rows(const float* from, float* to, Size to_stride, const Extent& e) {
    for (int p = 0; p < e.panels; p++) {
        const float* row = from + p * e.stride;
        float* word = to + p * to_stride;
        int m = 0;
        for (; m + 2 <= e.rows; m += 2, word += 16)
            store(word, words_of_rows(load(row + Size(m) * 16), load(row + Size(m + 1) * 16)));
        if (m < e.rows) store(word, words_of_rows(load(row + Size(m) * 16), V{}));
    }
}

template <class T>
void Paired::copy_weights(const Block<float>& b, const Copies<float>& c, int panel, int first, int panels) {
    const int rows = b.rows - panel * 16 < 16 ? b.rows - panel * 16 : 16;
    for (int p = first; p < first + panels; p++) {
        pair_rows(b.w + p * b.stride + panel * 256, c.pairs + p * c.pairs_stride + panel * 128, 0,
                  {rows, 1, 0, 16});
        if (c.transposed && panel * 16 < b.weight_rows)
            pair_rows(c.transposed + panel * c.transposed_stride + p * 256,
                      c.transposed_pairs + panel * c.transposed_pairs_stride + p * 128, 0, {16, 1, 0, 16});
    }
}

}  // namespace
}  // namespace GLASSNET_ISA

const PairKernels* pair_kernels_avx512() {
    using namespace GLASSNET_ISA;
    static constexpr PairKernels kernels = {
        .multiply = multiply<float, Paired>,
        .gradient = gradient<float, Paired>,
        .pair_columns = pair_columns,
        .pair_rows = pair_rows,
        .copy_weights = copy_weights<Paired, float>,
    };
    return &kernels;
}

}  // namespace glassnet
