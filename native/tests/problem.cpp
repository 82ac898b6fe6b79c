#include "problem.hpp"

#include <cmath>
#include <map>
#include <numeric>

namespace glassnet::tests {

double Draws::next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return double(std::int64_t(state)) / 9223372036854775808.0;
}

static std::array<double, 4> parameters_of(const std::string& phi) {
    if (phi == "leaky_relu") return {0.01, 0.01};
    if (phi == "elu") return {1.0};
    return {};
}

static double target(const std::string& loss, double drawn) {
    if (loss == "binary_cross_entropy") return drawn > 0;
    if (loss == "poisson") return std::floor(4 * (drawn + 1));
    return drawn;
}

Problem::Problem(int inputs, const std::vector<int>& hidden, const std::string& phi, int outputs,
                 const std::string& output_phi, const std::string& loss, int count)
    : rows(count) {
    static const std::map<std::string, std::string> partners = {
        {"binary_cross_entropy", "logistic"}, {"cross_entropy", "softmax"}, {"poisson", "exp"}};
    static const std::map<std::string, double> parameters = {
        {"binary_cross_entropy", 0.1}, {"cross_entropy", 0.1}, {"huber", 0.5}, {"quantile", 0.3}};
    design.inputs = inputs;
    for (const int units : hidden) design.layers.push_back({units, phi, parameters_of(phi)});
    design.layers.push_back({outputs, output_phi, parameters_of(output_phi)});
    const bool partner = output_phi == (partners.count(loss) ? partners.at(loss) : "identity");
    design.heads.push_back({outputs, output_phi, loss, parameters_of(output_phi), {}, partner});
    if (parameters.count(loss)) design.heads[0].loss_parameters[0] = parameters.at(loss);
    design.seed = 0x123456789abcdef0;
    optimizer("sgd");

    Draws draws(std::uint64_t(inputs) * 1000 + std::uint64_t(count));
    for (int i = 0; i < rows * inputs; i++) x.push_back(draws.next());
    for (int i = 0; i < rows * outputs; i++) y.push_back(target(loss, draws.next()));
    if (loss == "cross_entropy")
        for (int m = 0; m < rows; m++)
            for (int j = 0; j < outputs; j++) y[std::size_t(m * outputs + j)] = m % outputs == j;
    for (int m = 0; m < rows; m++) w.push_back(1.5 + draws.next());
    draw_theta(1);
}

void Problem::optimizer(const std::string& name) {
    static const std::map<std::string, std::pair<int, std::array<double, 5>>> all = {
        {"sgd", {0, {}}},
        {"momentum", {1, {0.9}}},
        {"nesterov", {1, {0.9}}},
        {"rmsprop", {1, {0.9, 1e-8}}},
        {"adam", {2, {0.9, 0.999, 1e-8}}},
        {"adamw", {2, {0.9, 0.999, 1e-8}}},
        {"irprop", {3, {1.2, 0.5, 1e-6, 50}}}};
    design.optimizer = name;
    design.memories = all.at(name).first;
    design.hyperparameters = all.at(name).second;
    design.weight_decay = name == "adamw" ? 0.01 : 0;
}

void Problem::batch_norm() {
    LayerDesign& layer = design.layers.front();
    layer.norm = true, layer.norm_momentum = 0.1, layer.norm_epsilon = 1e-5;
    draw_theta(1);
}

// The group of the groups of these sizes that an input or a unit belongs to.
static std::size_t group_of(const std::vector<int>& sizes, int number) {
    std::size_t group = 0;
    for (; number >= sizes[group]; group++) number -= sizes[group];
    return group;
}

static bool connected(const LayerDesign& layer, int unit, int input) {
    return layer.block_units.empty() ||
           group_of(layer.block_units, unit) == group_of(layer.block_inputs, input);
}

void Problem::draw_theta(std::uint64_t seed) {
    Draws draws(seed);
    theta.clear();
    int below = design.inputs;
    for (const LayerDesign& layer : design.layers) {
        const double scale = std::sqrt(2.0 / below);
        for (int j = 0; j < layer.units; j++)
            for (int k = 0; k < below; k++) {
                const double drawn = scale * draws.next();
                theta.push_back(connected(layer, j, k) ? drawn : 0);
            }
        const int k = layer.members;
        int others = (layer.bias ? k : 0) + (layer.norm ? 2 : 0) + (layer.parametric ? 1 : 0);
        others = layer.units * others + (k > 1 ? k * (below + layer.units) : 0);
        for (int i = 0; i < others; i++) theta.push_back(0.3 + 0.5 * draws.next());
        below = layer.units;
    }
}

template <class T>
Opened<T>::Opened(const Problem& p)
    : session(p.design, kernels<T>(instruction_set())),
      problem(p),
      x(p.x.begin(), p.x.end()),
      y(p.y.begin(), p.y.end()),
      w(p.w.begin(), p.w.end()) {
    const std::vector<T> theta(p.theta.begin(), p.theta.end());
    for (int s = 0; s < p.design.memories; s++) memory.emplace_back(theta.size());
    if (p.design.optimizer == "irprop") std::fill(memory[0].begin(), memory[0].end(), T(0.01));
    std::vector<const T*> held;
    for (const auto& array : memory) held.push_back(array.data());
    session.load(theta.data(), held.data(), std::numeric_limits<double>::infinity(), 0, 0);
    for (std::size_t l = 1; l <= p.design.layers.size(); l++) {
        const LayerDesign& layer = p.design.layers[l - 1];
        const std::vector<T> mean(std::size_t(layer.units), T(0)), variance(std::size_t(layer.units), T(1));
        if (layer.norm) session.load_statistics(int(l), mean.data(), variance.data());
    }
    session.data({x.data(), p.design.inputs, nullptr, nullptr, p.rows}, y.data(), w.data());
}

template <class T>
void Opened<T>::make_sparse() {
    values_.clear(), indices_.clear(), indptr_ = {0};
    for (int m = 0; m < problem.rows; m++) {
        for (int k = 0; k < problem.design.inputs; k++) {
            const T value = x[std::size_t(m * problem.design.inputs + k)];
            if (value == 0) continue;
            values_.push_back(value);
            indices_.push_back(k);
        }
        indptr_.push_back(std::int64_t(values_.size()));
    }
    session.data({values_.data(), 0, indptr_.data(), indices_.data(), problem.rows}, y.data(), w.data());
}

// The rows in an order that is not theirs, batch by batch; the last batch of an epoch may be smaller.
template <class T>
typename Opened<T>::Run Opened<T>::run(int batch, int epochs, double rate, const StopRule& stop,
                                       int interrupt_after) {
    std::vector<std::int64_t> rows, offsets = {0}, ends;
    for (int e = 0; e < epochs; e++) {
        for (int m = 0; m < problem.rows; m++) {
            rows.push_back((m * 7 + e) % problem.rows);
            if ((m + 1) % batch == 0 || m + 1 == problem.rows) offsets.push_back(std::int64_t(rows.size()));
        }
        ends.push_back(std::int64_t(offsets.size()) - 1);
    }
    const std::size_t steps = offsets.size() - 1;
    const std::vector<double> rates(steps, rate);
    std::vector<double> weights(steps);
    Run found{std::vector<double>(steps), Ended::done};
    const PlanView plan{rows.data(), offsets.data(), rates.data(), nullptr, nullptr,
                        int(steps),  ends.data(),    epochs,       stop};
    int asked = 0;
    const int taken = session.run(plan, found.costs.data(), weights.data(), found.ended,
                                  [&] { return interrupt_after >= 0 && asked++ >= interrupt_after; });
    found.costs.resize(std::size_t(taken));
    return found;
}

template <class T>
typename Session<T>::Seen Opened<T>::gradient() {
    std::vector<std::int64_t> rows(std::size_t(problem.rows));
    std::iota(rows.begin(), rows.end(), 0);
    return session.gradient(rows.data(), problem.rows);
}

template <class T>
std::vector<T> Opened<T>::kept_gradient() const {
    std::vector<T> g(problem.theta.size());
    session.read_gradient(g.data());
    return g;
}

template <class T>
std::vector<T> Opened<T>::theta() const {
    std::vector<T> found(problem.theta.size());
    std::vector<std::vector<T>> copies(memory);
    std::vector<T*> held;
    for (auto& array : copies) held.push_back(array.data());
    session.save(found.data(), held.data());
    return found;
}

template <class T>
std::vector<T> Opened<T>::read(const std::string& name, int layer) const {
    const int units = problem.design.layers[std::size_t(layer) - 1].units;
    std::vector<T> found(std::size_t(session.seen_rows() * units));
    if (!session.read(name, layer, found.data())) found.clear();
    return found;
}

template <class T>
std::vector<T> Opened<T>::predict(int first, int count) {
    const Size inputs = problem.design.inputs, units = problem.design.layers.back().units;
    const std::vector<T> part(x.begin() + first * inputs, x.begin() + (first + count) * inputs);
    std::vector<T> z(std::size_t(count * units)), a(z.size());
    session.forward({part.data(), inputs, nullptr, nullptr, count}, z.data(), a.data());
    return a;
}

template class Opened<float>;
template class Opened<double>;

}  // namespace glassnet::tests
