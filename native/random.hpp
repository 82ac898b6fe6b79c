// Dropout's masks: Philox4x32-10 on whole vectors of counters. glassnet/network/random_numbers.py
// says what the counter means, and has the same bits.
#pragma once

#include "kernels.hpp"
#include "simd.hpp"

namespace glassnet::GLASSNET_ISA {

// A word of the counter stands in the lower half of a lane; what the upper half holds is never read.
typedef std::uint64_t Counters __attribute__((vector_size(vector_bytes)));
typedef std::uint32_t Words __attribute__((vector_size(vector_bytes)));
inline constexpr int counters = vector_bytes / 8;

GLASSNET_INLINE Counters all_words(std::uint32_t word) { return Counters{} + word; }

// The product of the lower halves.
GLASSNET_INLINE Counters long_product(Counters a, Counters b) {
#if defined(__AVX512F__)
    return (Counters)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (Counters)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
    return (Counters)_mm_mul_epu32((__m128i)a, (__m128i)b);
#elif defined(__ARM_NEON)
    return (Counters)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
#else
    return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
#endif
}

template <int Chains>
GLASSNET_INLINE void philox(Counters (&c)[Chains][4], std::uint64_t seed) {
    std::uint32_t k0 = std::uint32_t(seed), k1 = std::uint32_t(seed >> 32);
    const Counters first = all_words(0xD2511F53), second = all_words(0xCD9E8D57);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85)
        unroll<Chains>([&](auto i) GLASSNET_LAMBDA {
            const Counters a = long_product(c[i][0], first), b = long_product(c[i][2], second);
            c[i][0] = (b >> 32) ^ c[i][1] ^ all_words(k0);
            c[i][1] = b;
            c[i][2] = (a >> 32) ^ c[i][3] ^ all_words(k1);
            c[i][3] = a;
        });
}

// The lanes of two vectors in turns: those with even numbers, or those with odd ones.
template <int Odd, int... J>
GLASSNET_INLINE Words in_turns(Counters a, Counters b, std::integer_sequence<int, J...>) {
    return (Words)__builtin_shufflevector(a, b, (J % 2 ? counters + J - 1 + Odd : J + Odd)...);
}

// Words that decide over as many units of a row, from the first of panel p on.
template <class T, int... J>
GLASSNET_INLINE void store_mask(Words words, std::uint32_t limit, T kept, T* to, Size stride, int panels,
                                std::integer_sequence<int, J...>) {
    const auto passed = words >= limit;
    if constexpr (sizeof(T) == 4) {
        store(to, number<T>((Ints<T>)passed & bits<T>(all(kept))));
    } else {
        constexpr int n = width<T>;
        const Ints<T> low = __builtin_convertvector(__builtin_shufflevector(passed, passed, J...), Ints<T>);
        store(to, number<T>(low & bits<T>(all(kept))));
        if (panels < 2) return;
        const Ints<T> high = __builtin_convertvector(__builtin_shufflevector(passed, passed, (J + n)...),
                                                     Ints<T>);
        store(to + stride, number<T>(high & bits<T>(all(kept))));
    }
}

// Rows m on, two for each chain, of the units that one vector of words decides over: an even lane's
// counter belongs to the first row of its chain, an odd lane's to the second.
template <class T, int Chains>
GLASSNET_INLINE void draw_tile(const Dropout<T>& d, T* mask, Size stride, int panels, int p, int m, int end) {
    constexpr int n = width<T>;
    Counters lane{}, c[Chains][4];
    for (int i = 0; i < counters; i++) lane[i] = i;
    const Counters block = all_words(p * n / 4) + (lane >> 1);
    unroll<Chains>([&](auto i) GLASSNET_LAMBDA {
        c[i][0] = block;
        c[i][1] = all_words(d.first_row + std::uint32_t(m + 2 * i)) + (lane & 1);
        c[i][2] = all_words(d.step);
        c[i][3] = all_words(d.purpose);
    });
    philox<Chains>(c, d.seed);
    unroll<Chains>([&](auto i) GLASSNET_LAMBDA {
        const Counters low = (c[i][0] & 0xFFFFFFFF) | c[i][1] << 32,
                       high = (c[i][2] & 0xFFFFFFFF) | c[i][3] << 32;
        constexpr std::make_integer_sequence<int, counters> each{};
        constexpr std::make_integer_sequence<int, n> lanes{};
        T* to = mask + p * stride + Size(m + 2 * i) * n;
        if (m + 2 * i < end)
            store_mask<T>(in_turns<0>(low, high, each), d.limit, d.kept, to, stride, panels - p, lanes);
        if (m + 2 * i + 1 < end)
            store_mask<T>(in_turns<1>(low, high, each), d.limit, d.kept, to + n, stride, panels - p, lanes);
    });
}

// Rows [first, first + count) of a batch's mask.
template <class T>
void draw_mask(const Dropout<T>& d, T* mask, Size stride, int panels, int first, int count) {
    constexpr int chains = registers / 8, wide = vector_bytes / 4 / width<T>;  // panels at once
    const int end = first + count;
    for (int p = 0; p < panels; p += wide) {
        int m = first;
        for (; m + 2 < end; m += 2 * chains) draw_tile<T, chains>(d, mask, stride, panels, p, m, end);
        if (m < end) draw_tile<T, 1>(d, mask, stride, panels, p, m, end);
    }
}

}  // namespace glassnet::GLASSNET_ISA
