#include <cmath>

#include "suites.hpp"

namespace glassnet::tests {

template <class T>
void predictions() {
    for (const int units : {1, 3, 33}) {
        Problem p(7, {17, 5}, "gelu", units, "tanh", "squared_error", 300);  // more than one block
        p.batch_norm();
        p.design.layers[1].dropout = 0.5;
        Opened<T> opened(p);
        const std::vector<T> together = opened.predict(0, 300);
        bool alone = true;
        for (const int m : {0, 1, 255, 256, 299}) {
            const std::vector<T> row = opened.predict(m, 1);
            const auto at = together.begin() + m * units;
            alone &= same_bits(row, std::vector<T>(at, at + units));
        }
        check(alone, "a row alone has the bits of a row among 300, " + std::to_string(units) + " outputs");
        Problem shared = p;
        shared.design.threads = 3, shared.design.thread_operations = 1;
        Opened<T> several(shared);
        check(same_bits(several.predict(0, 300), together), "threads change no prediction");
        opened.session.forward_kept({opened.x.data(), 7, nullptr, nullptr, 300});
        check(same_bits(opened.read("a", 3), together), "keeping layers changes no prediction");
    }
}

template <class T>
static void edges(const Kernels<T>* k, const char* phi) {
    constexpr int count = 16;
    alignas(64) T z[count], a[count], g[count];
    const T top = std::numeric_limits<T>::max(), infinity = std::numeric_limits<T>::infinity();
    const T values[] = {0,         T(-0.0),
                        1,         -1,
                        T(1e-30),  30,
                        -30,       1000,
                        -1000,     top,
                        -top,      infinity,
                        -infinity, std::numeric_limits<T>::quiet_NaN(),
                        T(1e7),    std::numeric_limits<T>::denorm_min()};
    for (int i = 0; i < count; i++) z[i] = values[i], g[i] = i % 2 ? T(0) : T(1);
    const T parameters[4] = {T(0.5), T(0.5)};
    const int kind = k->find_activation(phi);
    const Extent e{1, count / k->width, k->width, count, -1};
    k->activate(kind, parameters, z, a, e);
    k->derive(kind, parameters, z, a, g, e);
    const std::string name = phi;
    check(std::isnan(a[13]), name + " of nan is nan");
    bool zeros = true, finite = true;
    for (int i = 1; i < count; i += 2) zeros &= g[i] == 0;
    for (int i = 0; i < 11; i++) finite &= std::isfinite(a[i]);
    check(zeros, name + ": no gradient stays none");
    check(finite, name + " of finite scores is finite");
}

// Philox4x32-10 as its paper has it, word by word.
static std::uint32_t word(std::uint64_t seed, std::uint32_t t, int layer, int row, int unit) {
    std::uint32_t c[4] = {std::uint32_t(unit / 4), std::uint32_t(row), t,
                          1u << 28 | std::uint32_t(layer) << 16};
    std::uint32_t k0 = std::uint32_t(seed), k1 = std::uint32_t(seed >> 32);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85) {
        const std::uint64_t a = std::uint64_t(0xD2511F53) * c[0], b = std::uint64_t(0xCD9E8D57) * c[2];
        const std::uint32_t next[4] = {std::uint32_t(b >> 32) ^ c[1] ^ k0, std::uint32_t(b),
                                       std::uint32_t(a >> 32) ^ c[3] ^ k1, std::uint32_t(a)};
        std::copy(next, next + 4, c);
    }
    return c[unit % 4];
}

// Any rows of a mask, and nothing beside them; the batch may begin anywhere in a global one.
template <class T>
static void masks(const Kernels<T>* k) {
    const std::uint64_t seed = 0xfedcba9876543210;
    for (const int units : {1, 7, 16, 17, 33})
        for (const int first : {0, 1, 5})
            for (const int count : {0, 1, 2, 3, 8, 21}) {
                const int n = k->width, rows = first + count, panels = (units + n - 1) / n;
                const Size stride = Size(rows + 1) * n;
                Numbers<T> mask(std::size_t(panels * stride));
                const std::uint32_t start = first == 5 ? 1000 : 0;
                k->draw_mask({seed, 9, 1u << 28 | 3u << 16, 1u << 30, start, T(4)}, mask, stride, panels,
                             first, count);
                bool right = true;
                for (int m = 0; m <= rows; m++)
                    for (int j = 0; j < units; j++) {
                        const bool drawn = m >= first && m < rows;
                        const T wanted = drawn && word(seed, 9, 3, int(start) + m, j) >= 1u << 30 ? T(4)
                                                                                                  : T(0);
                        right &= mask[j / n * stride + Size(m) * n + j % n] == wanted;
                    }
                check(right, "rows " + std::to_string(first) + " to " + std::to_string(rows) + " of " +
                                 std::to_string(units) + " units' mask");
            }
}

template <class T>
void functions() {
    const Kernels<T>* k = kernels<T>(instruction_set());
    const int before = k->flush_sub_normals(-1);
    for (const char* phi : {"identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu",
                            "silu", "mish", "softplus", "softsign", "exp", "sin", "cos", "square"})
        edges(k, phi);
    masks(k);
    k->flush_sub_normals(before);
}

template void predictions<float>();
template void predictions<double>();
template void functions<float>();
template void functions<double>();

}  // namespace glassnet::tests
