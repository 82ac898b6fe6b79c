// One vector of numbers, of whatever width the instruction set has.
//
// Vectors are GCC's and Clang's own (they have + - * / and comparisons); what those lack is wrapped
// here. Included only by kernels.cpp, which is compiled once for each instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace glassnet::GLASSNET_ISA {

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64, registers = 32;
#elif defined(__AVX2__)
inline constexpr int vector_bytes = 32, registers = 16;
#elif defined(__aarch64__)
inline constexpr int vector_bytes = 16, registers = 32;
#else
inline constexpr int vector_bytes = 16, registers = 16;
#endif

#define GLASSNET_INLINE [[gnu::always_inline]] inline
#define GLASSNET_LAMBDA __attribute__((always_inline))

template <class T>
struct Lanes;
template <>
struct Lanes<float> {
    typedef float V __attribute__((vector_size(vector_bytes)));
    typedef float Half __attribute__((vector_size(vector_bytes / 2)));
    typedef std::int32_t I __attribute__((vector_size(vector_bytes)));
    typedef float Loose __attribute__((vector_size(vector_bytes), aligned(4), may_alias));
    using Word = std::int32_t;
    static constexpr int mantissa = 23, bias = 127;
};
template <>
struct Lanes<double> {
    typedef double V __attribute__((vector_size(vector_bytes)));
    typedef double Half __attribute__((vector_size(vector_bytes / 2)));
    typedef std::int64_t I __attribute__((vector_size(vector_bytes)));
    typedef double Loose __attribute__((vector_size(vector_bytes), aligned(8), may_alias));
    using Word = std::int64_t;
    static constexpr int mantissa = 52, bias = 1023;
};

template <class T>
using Vec = typename Lanes<T>::V;
template <class T>
using Ints = typename Lanes<T>::I;
template <class T>
inline constexpr int width = vector_bytes / int(sizeof(T));

template <class T>
GLASSNET_INLINE Vec<T> load(const T* p) {
    return *reinterpret_cast<const Vec<T>*>(p);
}
template <class T>
GLASSNET_INLINE void store(T* p, Vec<T> v) {
    *reinterpret_cast<Vec<T>*>(p) = v;
}
template <class T>
GLASSNET_INLINE Vec<T> load_any(const T* p) {
    return *reinterpret_cast<const typename Lanes<T>::Loose*>(p);
}
template <class T>
GLASSNET_INLINE void store_any(T* p, Vec<T> v) {
    *reinterpret_cast<typename Lanes<T>::Loose*>(p) = v;
}
template <class T>
GLASSNET_INLINE Vec<T> all(T x) {
    return x - Vec<T>{};
}
template <class T>
GLASSNET_INLINE Ints<T> bits(Vec<T> v) {
    return (Ints<T>)v;
}
template <class T>
GLASSNET_INLINE Vec<T> number(Ints<T> v) {
    return (Vec<T>)v;
}

// a where the mask is set, b elsewhere.
template <class T>
GLASSNET_INLINE Vec<T> select(Ints<T> mask, Vec<T> a, Vec<T> b) {
    return mask ? a : b;
}

// Whether the mask is set in any lane.
template <class T>
GLASSNET_INLINE bool any(Ints<T> mask) {
#if defined(__AVX512F__)
    return _mm512_test_epi64_mask((__m512i)mask, (__m512i)mask) != 0;
#elif defined(__AVX2__)
    return _mm256_movemask_epi8((__m256i)mask) != 0;
#elif defined(__x86_64__)
    return _mm_movemask_epi8((__m128i)mask) != 0;
#elif defined(__ARM_NEON)
    return vmaxvq_u32((uint32x4_t)mask) != 0;
#else
    typename Lanes<T>::Word all_of_it = 0;
    for (int i = 0; i < width<T>; i++) all_of_it |= mask[i];
    return all_of_it != 0;
#endif
}

// a b + c with one rounding; two on the plain path of x86, which has no such instruction.
#if defined(__FMA__) || defined(__aarch64__)
inline constexpr bool rounds_once = true;
#else
inline constexpr bool rounds_once = false;
#endif
// fused(), greatest(), least(): greatest is "a > b ? a : b", so nan in either gives b.
#if defined(__AVX512F__)
GLASSNET_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return _mm512_fmadd_ps(a, b, c); }
GLASSNET_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
    return _mm512_fmadd_pd(a, b, c);
}
GLASSNET_INLINE Vec<float> greatest(Vec<float> a, Vec<float> b) { return _mm512_max_ps(a, b); }
GLASSNET_INLINE Vec<double> greatest(Vec<double> a, Vec<double> b) { return _mm512_max_pd(a, b); }
GLASSNET_INLINE Vec<float> least(Vec<float> a, Vec<float> b) { return _mm512_min_ps(a, b); }
GLASSNET_INLINE Vec<double> least(Vec<double> a, Vec<double> b) { return _mm512_min_pd(a, b); }
GLASSNET_INLINE Vec<float> root(Vec<float> a) { return _mm512_sqrt_ps(a); }
GLASSNET_INLINE Vec<double> root(Vec<double> a) { return _mm512_sqrt_pd(a); }
#elif defined(__AVX2__)
GLASSNET_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return _mm256_fmadd_ps(a, b, c); }
GLASSNET_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
    return _mm256_fmadd_pd(a, b, c);
}
GLASSNET_INLINE Vec<float> greatest(Vec<float> a, Vec<float> b) { return _mm256_max_ps(a, b); }
GLASSNET_INLINE Vec<double> greatest(Vec<double> a, Vec<double> b) { return _mm256_max_pd(a, b); }
GLASSNET_INLINE Vec<float> least(Vec<float> a, Vec<float> b) { return _mm256_min_ps(a, b); }
GLASSNET_INLINE Vec<double> least(Vec<double> a, Vec<double> b) { return _mm256_min_pd(a, b); }
GLASSNET_INLINE Vec<float> root(Vec<float> a) { return _mm256_sqrt_ps(a); }
GLASSNET_INLINE Vec<double> root(Vec<double> a) { return _mm256_sqrt_pd(a); }
#elif defined(__x86_64__)
GLASSNET_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return a * b + c; }
GLASSNET_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return a * b + c; }
GLASSNET_INLINE Vec<float> greatest(Vec<float> a, Vec<float> b) { return _mm_max_ps(a, b); }
GLASSNET_INLINE Vec<double> greatest(Vec<double> a, Vec<double> b) { return _mm_max_pd(a, b); }
GLASSNET_INLINE Vec<float> least(Vec<float> a, Vec<float> b) { return _mm_min_ps(a, b); }
GLASSNET_INLINE Vec<double> least(Vec<double> a, Vec<double> b) { return _mm_min_pd(a, b); }
GLASSNET_INLINE Vec<float> root(Vec<float> a) { return _mm_sqrt_ps(a); }
GLASSNET_INLINE Vec<double> root(Vec<double> a) { return _mm_sqrt_pd(a); }
#else
#if defined(__ARM_NEON)
GLASSNET_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
    return (Vec<float>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
GLASSNET_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
    return (Vec<double>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
GLASSNET_INLINE Vec<float> root(Vec<float> a) { return (Vec<float>)vsqrtq_f32((float32x4_t)a); }
GLASSNET_INLINE Vec<double> root(Vec<double> a) { return (Vec<double>)vsqrtq_f64((float64x2_t)a); }
#else
template <class V>
GLASSNET_INLINE V fma(V a, V b, V c) {
    return a * b + c;
}
template <class V>
GLASSNET_INLINE V root(V a) {
    for (std::size_t i = 0; i < sizeof(V) / sizeof(a[0]); i++) a[i] = __builtin_sqrt(a[i]);
    return a;
}
#endif
template <class V>
GLASSNET_INLINE V greatest(V a, V b) {
    return a > b ? a : b;
}
template <class V>
GLASSNET_INLINE V least(V a, V b) {
    return a < b ? a : b;
}
#endif

// Vectors of half the width, where a processor may do two of them in the time of a whole one.
template <class T>
using Half = typename Lanes<T>::Half;
#if defined(__AVX512F__)
inline constexpr bool halves = true;
GLASSNET_INLINE Half<float> fma(Half<float> a, Half<float> b, Half<float> c) {
    return _mm256_fmadd_ps(a, b, c);
}
GLASSNET_INLINE Half<double> fma(Half<double> a, Half<double> b, Half<double> c) {
    return _mm256_fmadd_pd(a, b, c);
}
GLASSNET_INLINE Half<float> lower(Vec<float> v) { return _mm512_castps512_ps256(v); }
GLASSNET_INLINE Half<double> lower(Vec<double> v) { return _mm512_castpd512_pd256(v); }
// With zeros above.
GLASSNET_INLINE Vec<float> widened(Half<float> v) { return _mm512_zextps256_ps512(v); }
GLASSNET_INLINE Vec<double> widened(Half<double> v) { return _mm512_zextpd256_pd512(v); }
#else
inline constexpr bool halves = false;
#endif

// The sum of the lanes, as a tree: halves are added to halves.
template <class T, int Half = width<T> / 2>
GLASSNET_INLINE T sum(Vec<T> v) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) return _mm512_reduce_add_ps(v);
    else return _mm512_reduce_add_pd(v);
#else
    T lane[width<T>];
    store_any(lane, v);
    for (int half = Half; half > 0; half /= 2)
        for (int i = 0; i < half; i++) lane[i] += lane[i + half];
    return lane[0];
#endif
}

template <class T>
GLASSNET_INLINE T largest_lane(Vec<T> v) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) return _mm512_reduce_max_ps(v);
    else return _mm512_reduce_max_pd(v);
#else
    T lane[width<T>];
    store_any(lane, v);
    for (int half = width<T> / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) lane[i] = lane[i + half] > lane[i] ? lane[i + half] : lane[i];
    return lane[0];
#endif
}

template <class T>
GLASSNET_INLINE Vec<T> size_of(Vec<T> v) {
    return number<T>(bits<T>(v) & ~((Ints<T>){} + (typename Lanes<T>::Word(1) << (sizeof(T) * 8 - 1))));
}

// |a| with the sign of b.
template <class T>
GLASSNET_INLINE Vec<T> with_sign_of(Vec<T> a, Vec<T> b) {
    const Ints<T> sign = (Ints<T>){} + (typename Lanes<T>::Word(1) << (sizeof(T) * 8 - 1));
    return number<T>((bits<T>(a) & ~sign) | (bits<T>(b) & sign));
}

// f(0), f(1), ... f(N - 1), unrolled; each argument is a constant.
template <class F, int... J>
GLASSNET_INLINE void unrolled(F&& f, std::integer_sequence<int, J...>) {
    (f(std::integral_constant<int, J>{}), ...);
}
template <int N, class F>
GLASSNET_INLINE void unroll(F&& f) {
    unrolled(f, std::make_integer_sequence<int, N>{});
}

// A square of width x width numbers, transposed in registers: log2(width) rounds, each of which
// swaps the off-diagonal blocks of half the size of the round before.
template <class T, int B, int... J>
GLASSNET_INLINE void swap_blocks(Vec<T>& a, Vec<T>& c, std::integer_sequence<int, J...>) {
    constexpr int n = width<T>;
    const Vec<T> low = __builtin_shufflevector(a, c, ((J & B) ? n + J - B : J)...);
    c = __builtin_shufflevector(a, c, ((J & B) ? n + J : J + B)...);
    a = low;
}
template <class T, int B = width<T> / 2>
GLASSNET_INLINE void transpose(Vec<T>* r) {
    unroll<width<T>>([&](auto i) GLASSNET_LAMBDA {
        if constexpr (!(i & B))
            swap_blocks<T, B>(r[i], r[i + B], std::make_integer_sequence<int, width<T>>{});
    });
    if constexpr (B > 1) transpose<T, B / 2>(r);
}

}  // namespace glassnet::GLASSNET_ISA
