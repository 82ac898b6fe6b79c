// exp, log, tanh, sin and their like on vectors, each good to a few units in the last place.
//
// The fits are minimax by iterated weighting of least squares in 50 digits; their errors are relative.
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
// clang-format off: tables
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
    // exp(s^2 / 2) (1 - Phi(s)) on [0, 14], off by 5.5e-9: every term is positive, so none cancel.
    static constexpr float tail_above[] = {0.50000000269327933f, 0.43722909901385253f, 0.18244449993458049f,
                                           0.040366378950405958f, 0.0040765999106395356f};
    static constexpr float tail_below[] = {1.0f, 1.6723431497525209f, 1.1992212864241411f, 0.46738307327660905f,
                                           0.10119031871064809f, 0.010218391829641226f};
    static constexpr float tail_end = 14.5f;  // 0 beyond, where exp(-s^2 / 2) is
    // pi / 2 in parts of 14 bits and what is left: whole multiples below 2^10 of a part are exact.
    static constexpr float half_pi[] = {0x1.9218p+0f, 0x1.ed5p-14f, 0x1.10ap-30f, 0x1.4611a62633146p-42f};
    static constexpr float reduced = 1600.0f;
    // (sin r - r) / r^3 and (cos r - 1 + r^2 / 2) / r^4 in r^2, |r| <= pi / 4: off by 3.8e-9, 1.2e-10.
    static constexpr float sine[] = {-0.16666654601266274f, 0.0083321602351720092f, -1.9515210928504819e-4f};
    static constexpr float cosine[] = {0.041666645669824703f, -0.0013887315609140550f, 2.4433082566391608e-5f};
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
    static constexpr double tail_above[] = {  // on [0, 39], off by 5.2e-17
        0.49999999999999997577, 0.77477920921056131517, 0.59390729482015173188, 0.2892322437255426833,
        0.09765377078052667373, 0.02360832716502948364, 0.00408627754657035875, 0.00048997127798005705509,
        3.7212862957136009915e-5, 1.3838160609045810623e-6};
    static constexpr double tail_below[] = {
        1.0, 2.3474429792239781927, 2.5608031001285118961, 1.7139297749514314809, 0.78175360075275134906,
        0.25483791240903752106, 0.060398539250008520004, 0.010336057639454099232, 0.0012316445718072803784,
        9.327881446618049222e-5, 3.4687124651622789847e-6};
    static constexpr double tail_end = 39.0;
    // Parts of 33 bits; multiples below 2^20.
    static constexpr double half_pi[] = {0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69,
                                         0x1.b839a252049c1p-104};
    static constexpr double reduced = 1.6e6;
    static constexpr double sine[] = {  // off by 3.6e-18
        -0.16666666666666630696, 0.0083333333333221101521, -1.9841269829582545915e-4,
        2.7557313618871806043e-6, -2.5050747355684077453e-8, 1.5896205792688845297e-10};
    static constexpr double cosine[] = {  // off by 5.6e-20
        0.041666666666666592834, -0.0013888888888873041103, 2.4801587288842034209e-5,
        -2.7557314176466708302e-7, 2.0875700452149094636e-9, -1.1358516068682638467e-11};
};
// clang-format on

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

// What rounding took off x^2.
template <class T>
GLASSNET_INLINE Vec<T> square_rest(Vec<T> x, Vec<T> square) {
    if constexpr (rounds_once) return fma(x, x, -square);
    constexpr auto half = (typename Lanes<T>::Word(1) << (Lanes<T>::mantissa + 2) / 2) - 1;
    const Vec<T> high = number<T>(bits<T>(x) & ~half), low = x - high;
    return ((high * high - square) + T(2) * high * low) + low * low;
}

// exp(-s^2 / 2): a rounded square alone would cost s^2 / 4 units in the last place.
template <class T>
GLASSNET_INLINE Vec<T> bell(Vec<T> s) {
    const Vec<T> square = s * s, found = exp<T>(square * T(-0.5));
    return found * (T(1) - square_rest<T>(s, square) * T(0.5));  // not a sum: its term may be flushed
}

// The normal distribution function, erfc(-z / sqrt 2) / 2. Both tails keep their digits.
template <class T>
GLASSNET_INLINE Vec<T> normal_cdf(Vec<T> z) {
    using C = Constants<T>;
    const Vec<T> s = least(all(C::tail_end), size_of<T>(z));
    const Vec<T> ratio = polynomial<T>(s, C::tail_above) / polynomial<T>(s, C::tail_below);
    const Vec<T> tail = bell<T>(s) * ratio;
    return select<T>(z > T(0), T(1) - tail, tail);
}

// A function of the C library, lane by lane.
template <class T, class F>
GLASSNET_INLINE Vec<T> each_lane(Vec<T> x, F f) {
    for (int i = 0; i < width<T>; i++) x[i] = f(x[i]);
    return x;
}

// sin(x + quarters pi / 2): x = n pi / 2 + r, |r| <= pi / 4, and n + quarters says which of sin r,
// cos r, -sin r, -cos r it is. r keeps its digits for |x| up to Constants::reduced.
template <class T>
GLASSNET_INLINE Vec<T> turned_sine(Vec<T> x, int quarters) {
    using C = Constants<T>;
    const Vec<T> shifted = fma(x, all(T(0.63661977236758134)), all(C::round)), n = shifted - C::round;
    Vec<T> r = x;
    for (const T part : C::half_pi) r = fma(n, all(-part), r);
    const Vec<T> square = r * r;
    const Vec<T> sine = fma(square * r, polynomial<T>(square, C::sine), r);
    const Vec<T> cosine = fma(square * square, polynomial<T>(square, C::cosine), T(1) - square * T(0.5));
    const Ints<T> turn = bits<T>(shifted) + quarters;
    const Vec<T> found = select<T>((turn & 1) != 0, cosine, sine);
    return number<T>(bits<T>(found) ^ ((turn & 2) << (int(sizeof(T)) * 8 - 2)));
}
template <class T>
GLASSNET_INLINE bool beyond_reduction(Vec<T> x) {
    return any<T>(~(size_of<T>(x) <= Constants<T>::reduced));
}

template <class T>
GLASSNET_INLINE Vec<T> sin(Vec<T> x) {
    if (beyond_reduction<T>(x)) [[unlikely]]
        return each_lane<T>(x, [](T v) { return T(__builtin_sin(double(v))); });
    return turned_sine<T>(x, 0);
}
template <class T>
GLASSNET_INLINE Vec<T> cos(Vec<T> x) {
    if (beyond_reduction<T>(x)) [[unlikely]]
        return each_lane<T>(x, [](T v) { return T(__builtin_cos(double(v))); });
    return turned_sine<T>(x, 1);
}

}  // namespace glassnet::GLASSNET_ISA
