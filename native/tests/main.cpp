// C++ tests of the engine without Python, meant for the sanitizers: `nox -s native`.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "suites.hpp"

namespace glassnet::tests {

void check(bool holds, const std::string& what) {
    (holds ? tally.passed : tally.failed)++;
    if (!holds) std::printf("FAILED (%s): %s\n", place.c_str(), what.c_str());
}

void check_near(double found, double wanted, double tolerance, const std::string& what) {
    const double scale = wanted > 1 ? wanted : wanted < -1 ? -wanted : 1;
    const bool holds = found - wanted <= tolerance * scale && wanted - found <= tolerance * scale;
    check(holds, holds ? what : what + ": " + std::to_string(found) + ", not " + std::to_string(wanted));
}

template <class T>
static void of_number(const std::string& isa, const char* number) {
    place = isa + " " + number;
    shapes<T>();
    training<T>();
    sameness<T>();
    shares<T>();
    bf16<T>();
    predictions<T>();
    functions<T>();
}

static void on(const char* isa) {
    setenv("GLASSNET_ISA", isa, 1);
    try {
        instruction_set();
    } catch (const std::invalid_argument&) {
        std::printf("%s: not on this machine\n", isa);
        return;
    }
    const int before = tally.passed;
    of_number<float>(isa, "float");
    of_number<double>(isa, "double");
    gradients();
    std::printf("%s: %d passed\n", isa, tally.passed - before);
}

}  // namespace glassnet::tests

int main() {
    using namespace glassnet::tests;
    for (const char* isa : {"avx512", "avx2", "plain"}) on(isa);
    std::printf("%d passed, %d failed\n", tally.passed, tally.failed);
    return tally.failed || !tally.passed;
}
