// Which kernels this machine runs.
#include <cstdlib>
#include <stdexcept>

#include "pairs.hpp"
#include "session.hpp"

namespace glassnet {

static bool has(const std::string& isa) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (isa == "avx512")
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    if (isa == "avx2") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return isa == "plain";
}

std::string instruction_set() {
    const char* asked = std::getenv("GLASSNET_ISA");
    if (asked && *asked) {
        const std::string isa = asked;
        if (isa != "avx512" && isa != "avx2" && isa != "plain")
            throw std::invalid_argument("GLASSNET_ISA must be avx512, avx2 or plain; got " + isa + ".");
        if (!has(isa))
            throw std::invalid_argument("GLASSNET_ISA asks for " + isa + ", which this machine lacks.");
        return isa;
    }
    for (const char* isa : {"avx512", "avx2"})
        if (has(isa)) return isa;
    return "plain";
}

const PairKernels* pair_kernels() {
#if defined(__x86_64__)
    if (instruction_set() == "avx512" && __builtin_cpu_supports("avx512bf16")) return pair_kernels_avx512();
#endif
    return nullptr;
}

template <class T>
const Kernels<T>* kernels([[maybe_unused]] const std::string& isa) {
#if defined(__x86_64__)
    if (isa == "avx512") return kernels_avx512(T());
    if (isa == "avx2") return kernels_avx2(T());
#endif
    return kernels_plain(T());
}
template const Kernels<float>* kernels<float>(const std::string&);
template const Kernels<double>* kernels<double>(const std::string&);

}  // namespace glassnet
