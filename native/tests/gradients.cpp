#include <cmath>

#include "suites.hpp"
#include "textbook.hpp"

namespace glassnet::tests {

// Of J in every parameter: the truth that needs no formula.
static void against_differences(Problem& p, const std::string& what) {
    std::vector<double> g;
    {
        Opened<double> opened(p);
        check(opened.gradient().finite, what + ": J is finite");
        g = opened.kept_gradient();
    }
    const double scale = largest(g) > 1 ? largest(g) : 1, h = 1e-5;
    double worst = 0;
    for (std::size_t i = 0; i < p.theta.size(); i++) {
        const double at = p.theta[i];
        if (at == 0) {  // no connection, so no parameter
            worst = std::max(worst, std::abs(g[i]));
            continue;
        }
        double J[2];
        for (int side = 0; side < 2; side++) {
            p.theta[i] = side ? at + h : at - h;
            Opened<double> opened(p);
            const auto seen = opened.gradient();
            J[side] = seen.loss + seen.penalty;
        }
        p.theta[i] = at;
        worst = std::max(worst, std::abs((J[1] - J[0]) / (2 * h) - g[i]));
    }
    check_near(worst / scale, 0, 2e-8, what + ": gradient");
}

void gradients() {
    place = instruction_set() + " gradients";
    for (const char* phi :
         {"identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish",
          "softplus", "softsign", "exp", "sin", "cos", "square", "softmax"}) {
        for (const int outputs : {1, 3}) {
            Problem p(3, {5, 4}, phi, outputs, "identity", "squared_error", 7);
            against_differences(p, std::string(phi) + " below " + std::to_string(outputs));
        }
        Problem p(3, {4}, "tanh", 2, phi, "squared_error", 5);
        against_differences(p, std::string(phi) + " on top");
    }
    const std::pair<const char*, const char*> pairs[] = {{"binary_cross_entropy", "logistic"},
                                                         {"binary_cross_entropy", "softmax"},
                                                         {"cross_entropy", "softmax"},
                                                         {"cross_entropy", "logistic"},
                                                         {"absolute_error", "identity"},
                                                         {"huber", "identity"},
                                                         {"huber", "tanh"},
                                                         {"quantile", "identity"},
                                                         {"poisson", "exp"},
                                                         {"poisson", "softplus"}};
    for (const auto& [loss, phi] : pairs)
        for (const int outputs : {1, 3}) {
            const bool classes = loss == std::string("cross_entropy") || phi == std::string("softmax");
            if (outputs == 1 && classes) continue;
            Problem p(3, {4}, "tanh", outputs, phi, loss, 6);
            against_differences(p, std::string(loss) + " of " + phi);
        }
    for (const char* option : {"norm", "frozen norm", "dropout", "penalties", "no bias", "scaling", "blocks",
                               "blocks, norm", "kappa", "kappa, dropout"}) {
        Problem p(3, {5, 4}, "tanh", 2, "identity", "squared_error", 7);
        const std::string name = option;
        if (name == "norm" || name == "frozen norm") p.batch_norm();
        if (name == "frozen norm") p.design.layers[0].frozen = true;
        if (name == "dropout") p.design.layers[0].dropout = p.design.layers[1].dropout = 0.4;
        if (name == "penalties") p.design.l1 = 0.1, p.design.l2 = 0.2, p.design.l2_shared = 0.3;
        if (name == "no bias") p.design.layers[1].bias = false, p.draw_theta(2);
        if (name == "scaling") p.design.mean = {0.1, -0.2, 0.3}, p.design.scale = {0.5, 2, 1};
        if (name.rfind("blocks", 0) == 0) {
            p.design.layers[0].block_inputs = {1, 2}, p.design.layers[0].block_units = {3, 2};
            p.design.layers[2].block_inputs = {1, 3}, p.design.layers[2].block_units = {1, 1};
            p.draw_theta(3);
        }
        if (name == "blocks, norm") p.batch_norm();
        if (name.rfind("kappa", 0) == 0)
            p.design.layers[0].parametric = p.design.layers[1].parametric = true, p.draw_theta(4);
        if (name == "kappa, dropout") p.design.layers[0].dropout = p.design.layers[1].dropout = 0.4;
        against_differences(p, option);
    }
    for (const char* phi : {"tanh", "relu"}) {
        Problem p(17, {17, 17, 17}, phi, 2, "identity", "squared_error", 7);
        p.design.layers[0].residual = p.design.layers[2].residual = true;
        p.design.layers[2].dropout = 0.4, p.design.layers[2].parametric = true;
        p.draw_theta(6);
        against_differences(p, std::string("residual ") + phi);
    }
    for (const int k : {2, 5, 33})  // of pieces of 16, 16 and 4 rows at a time
        for (const int first : {0, 1}) {
            Problem p(3, {5, 17}, "tanh", 2, "identity", "squared_error", 35);
            for (int l = first; l < 3; l++) p.design.layers[l].members = k;
            p.design.layers[1].dropout = 0.4, p.design.layers[1].parametric = true;
            p.draw_theta(7);
            against_differences(p, std::to_string(k) + " members from layer " + std::to_string(first + 1));
        }
    for (const int groups : {1, 5, 40}) {  // within a panel, and across several
        Problem p(3 * groups, {2 * groups, groups}, "tanh", 2, "identity", "squared_error", 7);
        for (int g = 0; g < groups; g++) {
            p.design.layers[0].block_inputs.push_back(3), p.design.layers[0].block_units.push_back(2);
            p.design.layers[1].block_inputs.push_back(2), p.design.layers[1].block_units.push_back(1);
        }
        p.draw_theta(5);
        against_differences(p, std::to_string(groups) + " blocks");
    }
    Problem p(3, {5, 4}, "tanh", 5, "identity", "squared_error", 7);
    for (double& y : p.y) y = std::abs(y);
    p.design.heads = {{2, "tanh", "squared_error", {}, {}, false, 0.5},
                      {3, "softmax", "cross_entropy", {}, {0.1}, true, 2}};
    against_differences(p, "two heads");
}

template <class T>
static void against_textbook(int inputs, const std::vector<int>& hidden, int outputs, int rows) {
    Problem p(inputs, hidden, "tanh", outputs, "identity", "squared_error", rows);
    std::string what = std::to_string(rows) + " rows through " + std::to_string(inputs);
    for (const int units : hidden) what += "-" + std::to_string(units);
    what += "-" + std::to_string(outputs);
    // Numbers as the session has them: what is left is the rounding of its sums.
    for (std::vector<double>* held : {&p.x, &p.y, &p.w, &p.theta})
        for (double& value : *held) value = double(T(value));
    const double tolerance = 200 * double(std::numeric_limits<T>::epsilon());
    const Textbook truth = textbook(p);

    Opened<T> opened(p);
    const auto seen = opened.gradient();

    check_near(seen.loss, truth.J, tolerance, what + ": J");
    const std::vector<T> g = opened.kept_gradient(), a = opened.read("a", int(hidden.size()) + 1);
    const double top = std::max(1.0, largest(truth.g));
    double off = 0, far = 0;
    for (std::size_t i = 0; i < g.size(); i++) off = std::max(off, std::abs(double(g[i]) - truth.g[i]));
    for (std::size_t i = 0; i < a.size(); i++) far = std::max(far, std::abs(double(a[i]) - truth.outputs[i]));
    check(a.size() == truth.outputs.size() && far <= tolerance * std::max(1.0, largest(truth.outputs)),
          what + ": outputs");
    check_near(off / top, 0, tolerance, what + ": gradient");
}

template <class T>
void shapes() {
    for (const int units : {1, 2, 7, 15, 16, 17, 31, 33})
        for (const int rows : {1, 2, 15, 33}) {
            against_textbook<T>(units, {3, units}, 1, rows);
            against_textbook<T>(3, {units, units}, units, rows);
            against_textbook<T>(units, {}, units, rows);
        }
    against_textbook<T>(70, {130, 50}, 100, 40);  // more panels than a tile holds
    against_textbook<T>(300, {}, 1, 300);
}
template void shapes<float>();
template void shapes<double>();

}  // namespace glassnet::tests
