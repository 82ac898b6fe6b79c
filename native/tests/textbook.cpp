#include "textbook.hpp"

#include <cmath>

namespace glassnet::tests {

using Real = long double;
using Column = std::vector<Real>;

// One row: adds its share of J and of g; `at` says where each layer's parameters begin.
static void one_row(const Problem& p, const std::vector<std::size_t>& at, int row, Real weight, Real& J,
                    std::vector<Real>& g, std::vector<double>& outputs) {
    const std::size_t L = p.design.layers.size();
    std::vector<Column> a(L + 1), delta(L + 1);
    const auto units = [&](std::size_t l) {
        return std::size_t(l ? p.design.layers[l - 1].units : p.design.inputs);
    };
    for (std::size_t k = 0; k < units(0); k++) a[0].push_back(p.x[std::size_t(row) * units(0) + k]);
    for (std::size_t l = 1; l <= L; l++) {
        const double *W = &p.theta[at[l]], *b = W + units(l) * units(l - 1);
        for (std::size_t j = 0; j < units(l); j++) {
            Real z = b[j];
            for (std::size_t k = 0; k < units(l - 1); k++) z += W[j * units(l - 1) + k] * a[l - 1][k];
            a[l].push_back(l < L ? std::tanh(z) : z);
        }
    }
    for (std::size_t j = 0; j < units(L); j++) {
        const Real error = a[L][j] - p.y[std::size_t(row) * units(L) + j];
        J += weight * error * error / 2;
        delta[L].push_back(weight * error);
        outputs.push_back(double(a[L][j]));
    }
    for (std::size_t l = L; l > 0; l--) {
        const double* W = &p.theta[at[l]];
        Real* dW = &g[at[l]];
        for (std::size_t j = 0; j < units(l); j++) {
            for (std::size_t k = 0; k < units(l - 1); k++)
                dW[j * units(l - 1) + k] += delta[l][j] * a[l - 1][k];
            dW[units(l) * units(l - 1) + j] += delta[l][j];
        }
        for (std::size_t k = 0; k < units(l - 1); k++) {
            Real back = 0;
            for (std::size_t j = 0; j < units(l); j++) back += W[j * units(l - 1) + k] * delta[l][j];
            delta[l - 1].push_back(back * (1 - a[l - 1][k] * a[l - 1][k]));
        }
    }
}

Textbook textbook(const Problem& p) {
    std::vector<std::size_t> at = {0, 0};
    std::size_t below = std::size_t(p.design.inputs);
    for (const LayerDesign& layer : p.design.layers) {
        at.push_back(at.back() + std::size_t(layer.units) * (below + 1));
        below = std::size_t(layer.units);
    }
    Real J = 0, total = 0;
    for (const double w : p.w) total += w;
    std::vector<Real> g(p.theta.size());
    Textbook found;
    for (int m = 0; m < p.rows; m++) one_row(p, at, m, p.w[std::size_t(m)] / total, J, g, found.outputs);
    found.J = double(J);
    found.g.assign(g.begin(), g.end());
    return found;
}

}  // namespace glassnet::tests
