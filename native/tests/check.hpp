// What a test says, and how many said so.
#pragma once

#include <string>

namespace glassnet::tests {

struct Tally {
    int passed = 0, failed = 0;
};
inline Tally tally;
inline std::string place;  // instruction set and number type of what runs

// Counts; says what does not hold.
void check(bool holds, const std::string& what);
// |found - wanted| <= tolerance * max(1, |wanted|)
void check_near(double found, double wanted, double tolerance, const std::string& what);

}  // namespace glassnet::tests
