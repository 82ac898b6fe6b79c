// The Python module glassnet._native: arrays in, arrays out, no mathematics.
#include <chrono>

#include "bindings.hpp"
#include "pairs.hpp"

namespace glassnet {
namespace {

// Functions on their own, for the tests that hold them against NumPy's; lengths: whole vectors.
template <class T>
void bind_functions(nb::module_& m) {
    m.def("activation",
          [](const std::string& name, std::array<T, 4> p, Flat<const T> z, Flat<T> a, Flat<T> slope) {
        const Kernels<T>* k = kernels<T>(instruction_set());
        const int count = int(z.shape(0)), kind = k->find_activation(name.c_str());
        if (kind < 0) throw std::invalid_argument("no activation is named '" + name + "'.");
        const Extent e{1, count / k->width, k->width, count, -1};
        Numbers<T> from(count), to(count), back(count);
        for (int i = 0; i < count; i++) from[i] = z.data()[i], back[i] = 1;
        const int before = k->flush_sub_normals(-1);
        k->activate(kind, p.data(), from, to, e);
        k->derive(kind, p.data(), from, to, back, e);
        k->flush_sub_normals(before);
        for (int i = 0; i < count; i++) a.data()[i] = to[i], slope.data()[i] = back[i];
    });
    m.def("loss", [](const std::string& name, std::array<T, 4> p, bool partner, Flat<const T> z,
                     Flat<const T> a, Flat<const T> y, Flat<T> value, Flat<T> slope) {
        const Kernels<T>* k = kernels<T>(instruction_set());
        const int count = int(z.shape(0)), kind = k->find_loss(name.c_str());
        if (kind < 0) throw std::invalid_argument("no loss of single entries is named '" + name + "'.");
        Numbers<T> held[5];
        for (auto& numbers : held) numbers = Numbers<T>(count);
        for (int i = 0; i < count; i++)
            held[0][i] = z.data()[i], held[1][i] = a.data()[i], held[2][i] = y.data()[i];
        const Output<T> o{held[0],
                          held[1],
                          held[2],
                          nullptr,
                          held[3],
                          held[4],
                          {count, 1, k->width, 1, -1},
                          true,
                          partner,
                          {p[0], p[1], p[2], p[3]}};
        const int before = k->flush_sub_normals(-1);
        k->loss(kind, o);
        k->flush_sub_normals(before);
        for (int i = 0; i < count; i++) value.data()[i] = held[4][i], slope.data()[i] = held[3][i];
    });
}

}  // namespace
}  // namespace glassnet

NB_MODULE(_native, m) {
    // A callable that a user keeps until the interpreter ends is no leak; bench/speed/leaks.py
    // counts those.
    nb::set_leak_warnings(false);
    using namespace glassnet;
    m.doc() = "The kernels and sessions of the native engine.";
    bind_session<float>(m, "Session32");
    bind_session<double>(m, "Session64");
    bind_predictor<float>(m, "Predictor32");
    bind_predictor<double>(m, "Predictor64");
    bind_functions<float>(m);
    bind_functions<double>(m);
    m.def("instruction_set", instruction_set);
    m.def("has_bf16", [] { return pair_kernels() != nullptr; });
    m.def("peak", [](long rounds) {  // floating-point operations a second of one thread, in float32
        const Kernels<float>* k = kernels<float>(instruction_set());
        float held[16] = {0.5f, 0.25f};
        const auto start = std::chrono::steady_clock::now();
        const double done = k->multiply_and_add(rounds, held);
        return done / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    });
    m.def("knows", [](const std::string& family, const std::string& name) {
        const Kernels<float>* k = kernels_plain(0.0f);
        if (family == "activation") return name == "softmax" || k->find_activation(name.c_str()) >= 0;
        if (family == "loss") return name == "cross_entropy" || k->find_loss(name.c_str()) >= 0;
        return k->find_optimizer(name.c_str()) >= 0;
    });
}
