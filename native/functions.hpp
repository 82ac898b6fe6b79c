// Activations and losses: one struct per name, the twins of glassnet/network.
//
// An activation has value(z) and derivative(z, a); a loss has both routes, from the scores of its
// partner and from outputs. ``p`` holds the hyperparameters in the order of the Python fields.
// softmax and its cross-entropy couple the units of a row and stand in outputs.hpp.
#pragma once

#include "mathematics.hpp"

namespace glassnet::GLASSNET_ISA {

#define GLASSNET_VALUE \
    template <class T> \
    GLASSNET_INLINE static Vec<T> value([[maybe_unused]] Vec<T> z, [[maybe_unused]] const T* p)
#define GLASSNET_DERIVATIVE                                                                        \
    template <class T>                                                                             \
    GLASSNET_INLINE static Vec<T> derivative([[maybe_unused]] Vec<T> z, [[maybe_unused]] Vec<T> a, \
                                             [[maybe_unused]] const T* p)

template <class T>
GLASSNET_INLINE Vec<T> between(Vec<T> x, T low, T high) {
    return least(all(high), greatest(all(low), x));  // nan stays
}
// The largest z whose exponential is finite, one part in 10^6 below.
template <class T>
inline constexpr T top_exponent = sizeof(T) == 4 ? T(88.722839 * (1 - 1e-6))
                                                 : T(709.78271289338397 * (1 - 1e-6));

struct Identity {
    static constexpr const char* name = "identity";
    GLASSNET_VALUE { return z; }
    GLASSNET_DERIVATIVE { return all(T(1)); }
};

struct Logistic {
    static constexpr const char* name = "logistic";
    GLASSNET_VALUE { return logistic<T>(z); }
    GLASSNET_DERIVATIVE { return a * (T(1) - a); }
};

struct Tanh {
    static constexpr const char* name = "tanh";
    GLASSNET_VALUE { return tanh<T>(z); }
    GLASSNET_DERIVATIVE { return T(1) - a * a; }
};

struct Softsign {
    static constexpr const char* name = "softsign";
    GLASSNET_VALUE { return z / (T(1) + size_of<T>(z)); }
    GLASSNET_DERIVATIVE {
        const Vec<T> inverse = T(1) / (T(1) + size_of<T>(z));
        return inverse * inverse;
    }
};

struct ReLU {  // p: at_zero
    static constexpr const char* name = "relu";
    GLASSNET_VALUE { return greatest(Vec<T>{}, z); }
    GLASSNET_DERIVATIVE { return select<T>(z > T(0), all(T(1)), select<T>(z == T(0), all(p[0]), Vec<T>{})); }
};

struct LeakyReLU {  // p: slope, at_zero
    static constexpr const char* name = "leaky_relu";
    GLASSNET_VALUE { return select<T>(z > T(0), z, p[0] * z); }
    GLASSNET_DERIVATIVE { return select<T>(z > T(0), all(T(1)), select<T>(z == T(0), all(p[1]), all(p[0]))); }
};

struct ELU {  // p: alpha
    static constexpr const char* name = "elu";
    GLASSNET_VALUE { return select<T>(z > T(0), z, p[0] * expm1<T>(least(Vec<T>{}, z))); }
    GLASSNET_DERIVATIVE { return select<T>(z > T(0), all(T(1)), p[0] * exp<T>(least(Vec<T>{}, z))); }
};

struct SELU {
    static constexpr const char* name = "selu";
    static constexpr double scale = 1.0507009873554804934193349852946;
    static constexpr double scale_alpha = 1.7580993408473768599402175208123;
    GLASSNET_VALUE {
        const T most = T(Constants<T>::largest / scale * (1 - 1e-6));
        const Vec<T> below = T(scale_alpha) * expm1<T>(least(Vec<T>{}, z));
        return select<T>(z > T(0), T(scale) * between<T>(z, T(0), most), below);
    }
    GLASSNET_DERIVATIVE {
        const Vec<T> below = T(scale_alpha) * exp<T>(least(Vec<T>{}, z));
        return select<T>(z > T(0), all(T(scale)), below);
    }
};

struct GELU {
    static constexpr const char* name = "gelu";
    GLASSNET_VALUE { return z * normal_cdf<T>(z); }
    GLASSNET_DERIVATIVE {
        const Ints<T> tiny = size_of<T>(z) < T(1e-30);
        const Vec<T> cdf = select<T>(tiny, all(T(0.5)), a / select<T>(tiny, all(T(1)), z));
        const Vec<T> near = between<T>(z, T(-40), T(40));
        return cdf + near * bell<T>(near) * T(0.39894228040143268);
    }
};

struct SiLU {
    static constexpr const char* name = "silu";
    GLASSNET_VALUE { return z * logistic<T>(z); }
    GLASSNET_DERIVATIVE { return logistic<T>(z) + a * logistic<T>(-z); }
};

struct Softplus {
    static constexpr const char* name = "softplus";
    GLASSNET_VALUE { return greatest(Vec<T>{}, z) + log1p<T>(exp<T>(-size_of<T>(z))); }
    GLASSNET_DERIVATIVE { return logistic<T>(z); }
};

struct Mish {
    static constexpr const char* name = "mish";
    GLASSNET_VALUE { return z * tanh<T>(Softplus::value<T>(z, p)); }
    GLASSNET_DERIVATIVE {
        const Vec<T> t = tanh<T>(Softplus::value<T>(z, p));
        return t + z * logistic<T>(z) * (T(1) - t * t);
    }
};

struct Exp {
    static constexpr const char* name = "exp";
    GLASSNET_VALUE { return exp<T>(least(all(top_exponent<T>), z)); }
    GLASSNET_DERIVATIVE { return a; }
};

struct Sin {
    static constexpr const char* name = "sin";
    GLASSNET_VALUE { return sin<T>(z); }
    GLASSNET_DERIVATIVE { return cos<T>(z); }
};

struct Cos {
    static constexpr const char* name = "cos";
    GLASSNET_VALUE { return cos<T>(z); }
    GLASSNET_DERIVATIVE { return -sin<T>(z); }
};

struct Square {
    static constexpr const char* name = "square";
    GLASSNET_VALUE {
        const T limit = sizeof(T) == 4 ? T(1.8446743e19 * (1 - 1e-6))
                                       : T(1.3407807929942596e154 * (1 - 1e-6));
        const Vec<T> near = between<T>(z, -limit, limit);
        return near * near;
    }
    GLASSNET_DERIVATIVE {
        const T half = Constants<T>::largest / 2;
        return T(2) * between<T>(z, -half, half);
    }
};

#define GLASSNET_LOSS(function) \
    template <class T>          \
    GLASSNET_INLINE static Vec<T> function

template <class T>
GLASSNET_INLINE Vec<T> positive(Vec<T> a) {
    return greatest(all(Constants<T>::smallest), a);
}
template <class T>
GLASSNET_INLINE Vec<T> sign(Vec<T> r) {
    return select<T>(r > T(0), all(T(1)), select<T>(r < T(0), all(T(-1)), r));
}

struct BinaryCrossEntropy {  // p: label_smoothing
    static constexpr const char *name = "binary_cross_entropy", *partner = "logistic";
    template <class T>
    GLASSNET_INLINE static Vec<T> smooth(Vec<T> y, const T* p) {
        return p[0] == T(0) ? y : (T(1) - p[0]) * y + p[0] / T(2);
    }
    GLASSNET_LOSS(of_score)(Vec<T> z, Vec<T>, Vec<T> y, const T* p) {
        y = smooth<T>(y, p);
        const Vec<T> size = size_of<T>(z);
        return size * select<T>(z > T(0), T(1) - y, y) + log1p<T>(exp<T>(-size));
    }
    GLASSNET_LOSS(score_derivative)(Vec<T>, Vec<T> a, Vec<T> y, const T* p) { return a - smooth<T>(y, p); }
    GLASSNET_LOSS(of_output)(Vec<T> a, Vec<T> y, const T* p) {
        y = smooth<T>(y, p);
        a = between<T>(a, T(0), T(1));
        const Vec<T> rest = select<T>(a < T(0.5), log1p<T>(-least(all(T(0.5)), a)),
                                      log<T>(positive<T>(T(1) - a)));
        return -(y * log<T>(positive<T>(a)) + (T(1) - y) * rest);
    }
    GLASSNET_LOSS(derivative)(Vec<T> a, Vec<T> y, const T* p) {
        constexpr T smallest = Constants<T>::smallest;
        y = smooth<T>(y, p);
        const Vec<T> b = T(1) - a;
        const Vec<T> below = select<T>(a > smallest, -y / positive<T>(a), Vec<T>{});
        const Vec<T> above = select<T>(b > smallest, (T(1) - y) / positive<T>(b), Vec<T>{});
        return select<T>((a >= T(0)) & (a <= T(1)), below + above, Vec<T>{});
    }
};

// Losses of identity outputs have one route: their scores are their outputs.
#define GLASSNET_ONE_ROUTE                                                                            \
    GLASSNET_LOSS(of_score)(Vec<T>, Vec<T> a, Vec<T> y, const T* p) { return of_output<T>(a, y, p); } \
    GLASSNET_LOSS(score_derivative)(Vec<T>, Vec<T> a, Vec<T> y, const T* p) { return derivative<T>(a, y, p); }

struct SquaredError {
    static constexpr const char *name = "squared_error", *partner = "identity";
    GLASSNET_LOSS(of_output)(Vec<T> a, Vec<T> y, const T*) { return (a - y) * (a - y) * T(0.5); }
    GLASSNET_LOSS(derivative)(Vec<T> a, Vec<T> y, const T*) { return a - y; }
    GLASSNET_ONE_ROUTE
};

struct AbsoluteError {
    static constexpr const char *name = "absolute_error", *partner = "identity";
    GLASSNET_LOSS(of_output)(Vec<T> a, Vec<T> y, const T*) { return size_of<T>(a - y); }
    GLASSNET_LOSS(derivative)(Vec<T> a, Vec<T> y, const T*) { return sign<T>(a - y); }
    GLASSNET_ONE_ROUTE
};

struct Huber {  // p: threshold
    static constexpr const char *name = "huber", *partner = "identity";
    GLASSNET_LOSS(of_output)(Vec<T> a, Vec<T> y, const T* p) {
        const Vec<T> size = size_of<T>(a - y), near = least(all(p[0]), size);
        return near * (size - near * T(0.5));
    }
    GLASSNET_LOSS(derivative)(Vec<T> a, Vec<T> y, const T* p) { return between<T>(a - y, -p[0], p[0]); }
    GLASSNET_ONE_ROUTE
};

struct Quantile {  // p: quantile
    static constexpr const char *name = "quantile", *partner = "identity";
    GLASSNET_LOSS(of_output)(Vec<T> a, Vec<T> y, const T* p) {
        const Vec<T> r = a - y;
        return select<T>(r > T(0), (T(1) - p[0]) * r, -p[0] * r);
    }
    GLASSNET_LOSS(derivative)(Vec<T> a, Vec<T> y, const T* p) {
        const Vec<T> r = a - y;
        return select<T>(r < T(0), all(-p[0]), select<T>(r > T(0), all(T(1) - p[0]), r));
    }
    GLASSNET_ONE_ROUTE
};

struct Poisson {
    static constexpr const char *name = "poisson", *partner = "exp";
    GLASSNET_LOSS(of_output)(Vec<T> a, Vec<T> y, const T*) {
        const Vec<T> some = select<T>(y > T(0), y, all(T(1)));
        a = positive<T>(a);
        const Ints<T> close = size_of<T>(a - y) < y * T(0.5);
        const Vec<T> r = select<T>(close, a - y, Vec<T>{}) / some;
        const Vec<T> far = y * (log<T>(some) - log<T>(a)) - y + a;
        return select<T>(close, y * (r - log1p<T>(r)), far);
    }
    GLASSNET_LOSS(derivative)(Vec<T> a, Vec<T> y, const T*) {
        const Vec<T> divisor = greatest(y * (T(2) / Constants<T>::largest), positive<T>(a));
        return select<T>(a > Constants<T>::smallest, a - y, Vec<T>{}) / divisor;
    }
    GLASSNET_LOSS(of_score)(Vec<T> z, Vec<T>, Vec<T> y, const T*) {
        const Vec<T> some = select<T>(y > T(0), y, all(T(1)));
        z = least(all(top_exponent<T>), z);
        const Vec<T> u = z - log<T>(some);
        const Ints<T> close = (y > T(0)) & (size_of<T>(u) < T(0.5));
        const Vec<T> near = select<T>(close, u, Vec<T>{});
        const Vec<T> far = exp<T>(z) - y - y * u;
        return select<T>(close, y * (expm1<T>(near) - near), far);
    }
    GLASSNET_LOSS(score_derivative)(Vec<T>, Vec<T> a, Vec<T> y, const T*) { return a - y; }
};

template <class... F>
struct List {};
using Activations = List<Identity, Logistic, Tanh, ReLU, LeakyReLU, ELU, SELU, GELU, SiLU, Mish, Softplus,
                         Softsign, Exp, Sin, Cos, Square>;
using Losses = List<BinaryCrossEntropy, SquaredError, AbsoluteError, Huber, Poisson, Quantile>;

}  // namespace glassnet::GLASSNET_ISA
