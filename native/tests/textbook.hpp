// Backpropagation as in the textbook, in long double, for a net of tanh with squared error: what the
// sessions are held against, shape by shape.
#pragma once

#include "problem.hpp"

namespace glassnet::tests {

struct Textbook {
    double J = 0;
    std::vector<double> outputs, g;  // g in the canonical order
};

Textbook textbook(const Problem& problem);

}  // namespace glassnet::tests
