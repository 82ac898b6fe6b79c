// The kernels of one instruction set. CMake compiles this file once for each, with its flags and
// with GLASSNET_ISA as its name; nothing of the standard library is instantiated here, since the
// linker might keep that copy for all.
#include "kernels.hpp"

#include "gradient.hpp"
#include "mixing.hpp"
#include "normalisation.hpp"
#include "optimizers.hpp"
#include "outputs.hpp"
#include "random.hpp"
#include "sharing.hpp"

namespace glassnet {
namespace GLASSNET_ISA {
namespace {

constexpr bool same(const char* a, const char* b) {
    for (; *a && *a == *b; a++, b++) {}
    return *a == *b;
}

template <class... F>
int place(List<F...>, const char* name) {
    int at = 0, found = -1;
    ((same(F::name, name) ? void(found = at) : void(), at++), ...);
    return found;
}

template <class T, class... F>
void activate_kind(List<F...>, int kind, const T* p, const T* z, T* a, const Extent& e) {
    using Function = void (*)(const T*, const T*, T*, const Extent&);
    static constexpr Function functions[] = {activate<T, F>...};
    functions[kind](p, z, a, e);
}
template <class T, class... F>
void derive_kind(List<F...>, int kind, const T* p, const T* z, const T* a, T* g, const Extent& e) {
    using Function = void (*)(const T*, const T*, const T*, T*, const Extent&);
    static constexpr Function functions[] = {derive<T, F>...};
    functions[kind](p, z, a, g, e);
}
template <class T, class... L>
void loss_kind(List<L...>, int kind, const Output<T>& o) {
    using Function = void (*)(const Output<T>&);
    static constexpr Function functions[] = {loss<T, L>...};
    functions[kind](o);
}
template <class T, class... M>
Update<T> update_of(List<M...>, int kind, bool plain) {
    static constexpr Update<T> all_of_it[] = {update<T, M, false>...};
    static constexpr Update<T> bare[] = {update<T, M, true>...};
    return plain ? bare[kind] : all_of_it[kind];
}

// Flush to zero and denormals are zero: sub-normals cost ten times as much, or more.
int flush_sub_normals(int state) {
#if defined(__x86_64__)
    const unsigned before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(state < 0 ? before | 0x8040u : unsigned(state));
    return int(before & 0x7fffffffu);
#elif defined(__aarch64__)
    std::uint64_t before;
    asm volatile("mrs %0, fpcr" : "=r"(before));
    const std::uint64_t after = state < 0 ? before | (1u << 24) : std::uint64_t(state);
    asm volatile("msr fpcr, %0" : : "r"(after));
    return int(before);
#else
    return state;
#endif
}

template <class T>
const Kernels<T>* table() {
    static constexpr Kernels<T> kernels = {
        .width = width<T>,
        .find_activation = [](const char* name) { return place(Activations{}, name); },
        .find_loss = [](const char* name) { return place(Losses{}, name); },
        .find_optimizer = [](const char* name) { return place(Optimizers{}, name); },
        .copy_row = copy_row<T>,
        .multiply = multiply<T, Whole>,
        .copy_weights = copy_weights<Whole, T>,
        .gradient = gradient<T, Whole>,
        .activate = [](int kind, const T* p, const T* z, T* a,
                       const Extent& e) { activate_kind<T>(Activations{}, kind, p, z, a, e); },
        .derive = [](int kind, const T* p, const T* z, const T* a, T* g,
                     const Extent& e) { derive_kind<T>(Activations{}, kind, p, z, a, g, e); },
        .softmax = softmax<T>,
        .softmax_back = softmax_back<T>,
        .loss = [](int kind, const Output<T>& o) { loss_kind<T>(Losses{}, kind, o); },
        .cross_entropy = cross_entropy<T>,
        .scale_rows = scale_rows<T>,
        .row_squares = row_squares<T>,
        .head_forward = head_forward<T>,
        .head_back = head_back<T>,
        .head_gradient = head_gradient<T>,
        .optimizer = [](int kind, bool plain) { return update_of<T>(Optimizers{}, kind, plain); },
        .penalise = penalise<T>,
        .sum_of_squares = sum_of_squares<T>,
        .sum_of_sizes = sum_of_sizes<T>,
        .limit_norms = limit_norms<T>,
        .mean = mean<T>,
        .variance = variance<T>,
        .normalise = normalise<T>,
        .normalise_sums = normalise_sums<T>,
        .normalise_back = normalise_back<T>,
        .scale_by = scale_by<T>,
        .add_biases = add_biases<T>,
        .add = add<T>,
        .blend = blend<T>,
        .blend_sums = blend_sums<T>,
        .blend_back = blend_back<T>,
        .share_in = share_in<T>,
        .share_out = share_out<T>,
        .share_back = share_back<T>,
        .share_down = share_down<T>,
        .draw_mask = draw_mask<T>,
        .multiply_and_add = multiply_and_add<T>,
        .flush_sub_normals = flush_sub_normals,
    };
    return &kernels;
}

}  // namespace
}  // namespace GLASSNET_ISA

#define GLASSNET_JOIN(a, b) a##b
#define GLASSNET_TABLE(isa) GLASSNET_JOIN(kernels_, isa)
#if GLASSNET_NUMBER == 4
const Kernels<float>* GLASSNET_TABLE(GLASSNET_ISA)(float) { return GLASSNET_ISA::table<float>(); }
#else
const Kernels<double>* GLASSNET_TABLE(GLASSNET_ISA)(double) { return GLASSNET_ISA::table<double>(); }
#endif

}  // namespace glassnet
