// exp, log, tanh and their like on vectors, each good to a few units in the last place.
//
// The C library has none of these on vectors without -ffast-math, which would change the whole
// process. nan passes through all of them; sub-normal results are 0, as the engine flushes them.
#pragma once

#include "simd.hpp"

namespace glassnet::GLASSNET_ISA {

// c[0] + c[1] x + c[2] x^2 + ... by Horner's rule.
template <class T, std::size_t N>
GLASSNET_INLINE Vec<T> polynomial(Vec<T> x, const T (&c)[N]) {
    Vec<T> p = all(c[N - 1]);
    for (int i = int(N) - 2; i >= 0; i--) p = fma(p, x, all(c[i]));
    return p;
}

template <class T>
struct Constants;
template <>
struct Constants<float> {
    static constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr float least = -104.0f, most = 89.0f;  // exp is 0 below, infinite above
    static constexpr float smallest = 1.17549435e-38f, largest = 3.40282347e+38f;
    static constexpr std::int32_t root_half = 0x3f3504f3;
    // (exp r - 1 - r) / r^2 for |r| <= ln 2 / 2: a Chebyshev fit, off by 1e-8 at most.
    static constexpr float exponential[] = {0.5f, 0.16666576266f, 0.041666466743f, 0.0083631752059f,
                                            0.0013933643932f};
    // 2 atanh(s) = 2 s + s^3 (2/3 + 2/5 s^2 + ...)
    static constexpr float logarithm[] = {2.f / 3, 2.f / 5, 2.f / 7, 2.f / 9};
};
template <>
struct Constants<double> {
    static constexpr double round = 6755399441055744.0;
    static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    static constexpr double least = -745.0, most = 710.0;
    static constexpr double smallest = 2.2250738585072014e-308, largest = 1.7976931348623157e+308;
    static constexpr std::int64_t root_half = 0x3fe6a09e667f3bcd;
    static constexpr double exponential[] = {
        1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040, 1. / 40320, 1. / 362880,
        1. / 3628800, 1. / 39916800, 1. / 479001600, 1. / 6227020800};
    static constexpr double logarithm[] = {2. / 3,  2. / 5,  2. / 7,  2. / 9,  2. / 11,
                                           2. / 13, 2. / 15, 2. / 17, 2. / 19, 2. / 21};
};

// p 2^n for whole n, in two factors, since one alone overflows before the product does.
template <class T>
GLASSNET_INLINE Vec<T> scaled(Vec<T> p, Vec<T> n) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) return _mm512_scalef_ps(p, n);
    else return _mm512_scalef_pd(p, n);
#else
    using L = Lanes<T>;
    const Ints<T> whole = bits<T>(n + all(Constants<T>::round)) - bits<T>(all(Constants<T>::round));
    const Ints<T> half = whole >> 1;
    const Vec<T> first = number<T>((half + L::bias) << L::mantissa);
    return p * first * number<T>((whole - half + L::bias) << L::mantissa);
#endif
}

// x = n ln 2 + r with |r| <= ln 2 / 2; leaves exp(r) - 1.
template <class T>
GLASSNET_INLINE Vec<T> exponential_remainder(Vec<T> x, Vec<T>& n) {
    using C = Constants<T>;
    const Vec<T> shift = all(C::round);
    n = fma(x, all(T(1.44269504088896341)), shift) - shift;
    Vec<T> r = fma(n, all(-C::ln2_high), x);
    r = fma(n, all(-C::ln2_low), r);
    return fma(r * r, polynomial<T>(r, C::exponential), r);
}

template <class T>
GLASSNET_INLINE Vec<T> exp(Vec<T> x) {
    using C = Constants<T>;
    x = least(all(C::most), greatest(all(C::least), x));
    Vec<T> n;
    const Vec<T> rest = exponential_remainder<T>(x, n);
    return scaled<T>(rest + T(1), n);
}

// exp(x) - 1 for x up to 40 or so: 2^n (exp r - 1) + (2^n - 1).
template <class T>
GLASSNET_INLINE Vec<T> expm1(Vec<T> x) {
    Vec<T> n;
    const Vec<T> rest = exponential_remainder<T>(greatest(all(T(-60)), x), n);
    const Vec<T> power = scaled<T>(all(T(1)), n);
    return fma(power, rest, power - T(1));
}

// log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1].
template <class T>
GLASSNET_INLINE Vec<T> log_near_one(Vec<T> f) {
    const Vec<T> s = f / (f + T(2)), z = s * s, half_square = f * f * T(0.5);
    const Vec<T> tail = z * polynomial<T>(z, Constants<T>::logarithm);
    return f - (half_square - s * (half_square + tail));
}

// log x for normal x > 0; infinity and nan stay.
template <class T>
GLASSNET_INLINE Vec<T> log(Vec<T> x) {
    using C = Constants<T>;
    constexpr typename Lanes<T>::Word fraction = (typename Lanes<T>::Word(1) << Lanes<T>::mantissa) - 1;
    const Ints<T> shifted = bits<T>(x) - C::root_half;
    const Vec<T> e = __builtin_convertvector(shifted >> Lanes<T>::mantissa, Vec<T>);
    const Vec<T> m = number<T>((shifted & fraction) + C::root_half);
    const Vec<T> log_m = log_near_one<T>(m - T(1));
    const Vec<T> found = fma(e, all(C::ln2_high), fma(e, all(C::ln2_low), log_m));
    return select<T>(x <= C::largest, found, x);
}

// log(1 + u): the logarithm of the rounded sum, and what the rounding lost.
template <class T>
GLASSNET_INLINE Vec<T> log1p(Vec<T> u) {
    const Vec<T> y = u + T(1);
    return log<T>(y) + (u - (y - T(1))) / y;
}

template <class T>
GLASSNET_INLINE Vec<T> tanh(Vec<T> x) {
    const Vec<T> twice = least(all(T(44)), size_of<T>(x) * T(2));  // tanh is 1 from 22 on
    const Vec<T> e = expm1<T>(twice);
    return with_sign_of<T>(e / (e + T(2)), x);
}

template <class T>
GLASSNET_INLINE Vec<T> logistic(Vec<T> x) {
    const Vec<T> decay = exp<T>(-size_of<T>(x));
    return select<T>(x >= T(0), all(T(1)), decay) / (decay + T(1));
}

// A function of the C library, lane by lane: for activations too rare to deserve more.
template <class T, class F>
GLASSNET_INLINE Vec<T> each_lane(Vec<T> x, F f) {
    for (int i = 0; i < width<T>; i++) x[i] = f(x[i]);
    return x;
}
template <class T>
GLASSNET_INLINE Vec<T> erfc(Vec<T> x) {
    return each_lane<T>(x, [](T v) { return T(__builtin_erfc(double(v))); });
}
template <class T>
GLASSNET_INLINE Vec<T> sin(Vec<T> x) {
    return each_lane<T>(x, [](T v) { return T(__builtin_sin(double(v))); });
}
template <class T>
GLASSNET_INLINE Vec<T> cos(Vec<T> x) {
    return each_lane<T>(x, [](T v) { return T(__builtin_cos(double(v))); });
}

}  // namespace glassnet::GLASSNET_ISA
