// Sessions in Python: a program as a dict, rows and States as arrays.
#include "bindings.hpp"

namespace glassnet {
namespace {

template <class V>
V entry(const nb::dict& d, const char* key) {
    return nb::cast<V>(d[key]);
}

// Ctrl-C, asked for without the interpreter's lock; another signal handler's exception passes on.
bool interrupted() {
    nb::gil_scoped_acquire lock;
    if (PyErr_CheckSignals() == 0) return false;
    if (!PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) throw nb::python_error();
    PyErr_Clear();
    return true;
}

template <class T>
auto run(Session<T>& session, Integers rows, Integers offsets, Flat<const double> rates,
         std::optional<Flat<const double>> dropout, std::optional<Flat<const double>> decay, Integers ends,
         std::optional<std::tuple<double, double, double, double>> stop, Flat<double> costs,
         Flat<double> weights, bool listens) {
    const Size steps = Size(rates.shape(0));
    must(Size(offsets.shape(0)) == steps + 1 && Size(costs.shape(0)) == steps &&
             Size(weights.shape(0)) == steps,
         "a plan must have one rate per step.");
    for (const auto& factors : {dropout, decay})
        must(!factors || Size(factors->shape(0)) == steps, "a plan must have one factor per step.");
    bool ordered = offsets.data()[0] >= 0 && offsets.data()[steps] <= Size(rows.shape(0));
    for (Size k = 0; k < steps; k++) ordered &= offsets.data()[k] <= offsets.data()[k + 1];
    must(ordered, "offsets of a plan must rise, within its rows.");
    must_be_rows(rows.data() + offsets.data()[0], offsets.data()[steps] - offsets.data()[0], session.rows());
    PlanView plan{rows.data(),
                  offsets.data(),
                  rates.data(),
                  dropout ? dropout->data() : nullptr,
                  decay ? decay->data() : nullptr,
                  int(rates.shape(0)),
                  ends.data(),
                  int(ends.shape(0)),
                  {}};
    if (stop) {
        const auto [tolerance, patience, best, stale] = *stop;
        plan.stop = {true, tolerance, best, stale, patience};
    }
    Ended ended;
    int taken;
    {
        nb::gil_scoped_release unlocked;
        taken = session.run(plan, costs.data(), weights.data(), ended,
                            listens ? interrupted : [] { return false; });
    }
    static const char* words[] = {"done", "diverged", "interrupted", "stopped"};
    return std::make_tuple(taken, std::string(words[int(ended)]));
}

// On all the rows of a batch, or on a part of it: its weight sum, first row, and whether penalised.
template <class T>
auto gradient(Session<T>& session, Integers rows, std::optional<std::tuple<double, std::int64_t, bool>> part,
              const nb::object& total, bool keep, double dropout) {
    Share<T> share{};
    if (part) std::tie(share.weight_sum, share.first_row, share.penalised) = *part;
    if (!total.is_none())
        share.total = [&](T* numbers, int count) {
            nb::gil_scoped_acquire lock;
            const std::size_t shape[] = {std::size_t(count)};
            const nb::ndarray<nb::numpy, T, nb::ndim<1>> view(numbers, 1, shape, nb::handle());
            total(nb::cast(view, nb::rv_policy::reference));
        };
    nb::gil_scoped_release unlocked;
    return session.gradient(rows.data(), int(rows.shape(0)), part ? &share : nullptr, keep, dropout);
}

template <class T>
auto seen(const typename Session<T>::Seen& s) {
    return std::make_tuple(s.loss, s.penalty, s.weight_sum, s.finite);
}

}  // namespace

Design design_of(const nb::dict& d) {
    Design made;
    made.inputs = entry<int>(d, "inputs");
    for (nb::handle held : entry<nb::list>(d, "layers")) {
        const auto l = nb::cast<nb::dict>(held);
        LayerDesign& layer = made.layers.emplace_back();
        layer.units = entry<int>(l, "units");
        layer.activation = entry<std::string>(l, "activation");
        layer.parameters = entry<std::array<double, 4>>(l, "parameters");
        layer.bias = entry<bool>(l, "bias");
        layer.frozen = entry<bool>(l, "frozen");
        layer.dropout = entry<double>(l, "dropout");
        layer.rate = entry<double>(l, "rate");
        layer.bias_rate = entry<double>(l, "bias_rate");
        layer.decay = entry<double>(l, "decay");
        layer.kappa_rate = entry<double>(l, "kappa_rate");
        layer.parametric = entry<bool>(l, "parametric");
        layer.residual = entry<bool>(l, "residual");
        layer.members = entry<int>(l, "members");
        layer.block_inputs = entry<std::vector<int>>(l, "block_inputs");
        layer.block_units = entry<std::vector<int>>(l, "block_units");
        layer.norm = entry<bool>(l, "norm");
        layer.norm_momentum = entry<double>(l, "norm_momentum");
        layer.norm_epsilon = entry<double>(l, "norm_epsilon");
    }
    for (nb::handle held : entry<nb::list>(d, "heads")) {
        const auto h = nb::cast<nb::dict>(held);
        HeadDesign& head = made.heads.emplace_back();
        head.units = entry<int>(h, "units");
        head.activation = entry<std::string>(h, "activation");
        head.parameters = entry<std::array<double, 4>>(h, "parameters");
        head.loss = entry<std::string>(h, "loss");
        head.loss_parameters = entry<std::array<double, 4>>(h, "loss_parameters");
        head.partner = entry<bool>(h, "partner");
        head.scale = entry<double>(h, "scale");
    }
    made.optimizer = entry<std::string>(d, "optimizer");
    made.memories = entry<int>(d, "memories");
    made.hyperparameters = entry<std::array<double, 5>>(d, "hyperparameters");
    made.weight_decay = entry<double>(d, "weight_decay");
    made.l1 = entry<double>(d, "l1");
    made.l2 = entry<double>(d, "l2");
    made.l1_shared = entry<double>(d, "l1_shared");
    made.l2_shared = entry<double>(d, "l2_shared");
    made.clip_norm = entry<double>(d, "clip_norm");
    made.clip_value = entry<double>(d, "clip_value");
    made.max_norm = entry<double>(d, "max_norm");
    made.clip_per_sample = entry<double>(d, "clip_per_sample");
    made.noise = entry<double>(d, "noise");
    made.noise_rows = entry<double>(d, "noise_rows");
    made.mean = entry<std::vector<double>>(d, "mean");
    made.scale = entry<std::vector<double>>(d, "scale");
    made.seed = entry<std::uint64_t>(d, "seed");
    made.bf16 = entry<bool>(d, "bf16");
    made.threads = entry<int>(d, "threads");
    made.thread_operations = entry<double>(d, "thread_operations");
    return made;
}

template <class T>
void bind_session(nb::module_& m, const char* name) {
    using S = Session<T>;
    nb::class_<S>(m, name)
        .def("__init__",
             [](S* self, const nb::dict& design) {
        new (self) S(design_of(design), kernels<T>(instruction_set()));
    })
        .def("data",
             [](S& s, Table<const T> x, Table<const T> y, std::optional<Flat<const T>> w) {
        must(Size(x.shape(1)) == s.inputs(), "x must have the network's columns.");
        must_be_data<T>(s, dense<T>(x), y, w);
        s.data(dense<T>(x), y.data(), w ? w->data() : nullptr);
    }, "x"_a.noconvert(), "y"_a.noconvert(), "w"_a.none())
        .def("sparse_data",
             [](S& s, Flat<const T> values, Flat<const std::int32_t> indices, Integers indptr,
                Table<const T> y, std::optional<Flat<const T>> w) {
        const Rows<T> x = sparse<T>(values, indices, indptr);
        must_be_sparse(s, x, Size(values.shape(0)), Size(indices.shape(0)));
        must_be_data<T>(s, x, y, w);
        s.data(x, y.data(), w ? w->data() : nullptr);
    },
             "values"_a.noconvert(), "indices"_a.noconvert(), "indptr"_a.noconvert(), "y"_a.noconvert(),
             "w"_a.none())
        .def("load",
             [](S& s, Flat<const T> theta, const std::vector<Flat<const T>>& memory, double J,
                std::int64_t steps, std::int64_t t) {
        s.load(theta.data(), must_be_parameters(s.parameters(), theta, memory).data(), J, steps, t);
    })
        .def("load_statistics",
             [](S& s, int l, Flat<const T> mean, Flat<const T> variance) {
        s.load_statistics(l, mean.data(), variance.data());
    })
        .def("save",
             [](const S& s, Flat<T> theta, const std::vector<Flat<T>>& memory) {
        s.save(theta.data(), must_be_parameters(s.parameters(), theta, memory).data());
    })
        .def("save_statistics", [](const S& s, int l, Flat<T> mean,
                                   Flat<T> variance) { s.save_statistics(l, mean.data(), variance.data()); })
        .def_prop_ro("t", &S::t)
        .def_prop_ro("optimizer_steps", &S::optimizer_steps)
        .def_prop_ro("last_cost", &S::last_cost)
        .def_prop_ro("seen_rows", &S::seen_rows)
        .def("run", run<T>, "rows"_a, "offsets"_a, "rates"_a, "dropout"_a.none(), "decay"_a.none(), "ends"_a,
             "stop"_a.none(), "costs"_a, "weights"_a, "listens"_a)
        .def("look",
             [](S& s, Integers rows, double rate, double dropout, double decay) {
        must_be_rows(rows.data(), Size(rows.shape(0)), s.rows());
        return seen<T>(s.look(rows.data(), int(rows.shape(0)), {rate, dropout, decay}));
    })
        .def("gradient",
             [](S& s, Integers rows, std::optional<std::tuple<double, std::int64_t, bool>> part,
                nb::object total, bool keep, double dropout) {
        must_be_rows(rows.data(), Size(rows.shape(0)), s.rows());
        return seen<T>(gradient(s, rows, part, total, keep, dropout));
    },
             "rows"_a, "part"_a.none(), "total"_a.none(), "keep"_a, "dropout"_a)
        .def("apply",
             [](S& s, Flat<const T> g, double rate, double decay, double J) {
        must_be_parameters<const T>(s.parameters(), g, {});
        nb::gil_scoped_release unlocked;
        return s.apply(g.data(), {rate, 1, decay}, J);
    })
        .def("forward",
             [](S& s, Table<const T> x, Table<T> z, Table<T> a) {
        must_fit(s, dense<T>(x), Size(x.shape(1)), z, a);
        nb::gil_scoped_release unlocked;
        s.forward(dense<T>(x), z.data(), a.data());
    })
        .def("sparse_forward",
             [](S& s, Flat<const T> values, Flat<const std::int32_t> indices, Integers indptr, Table<T> z,
                Table<T> a) {
        const Rows<T> x = sparse<T>(values, indices, indptr);
        must_be_sparse(s, x, Size(values.shape(0)), Size(indices.shape(0)));
        must_fit(s, x, s.inputs(), z, a);
        nb::gil_scoped_release unlocked;
        s.forward(x, z.data(), a.data());
    })
        .def("forward_kept",
             [](S& s, Table<const T> x) {
        must(Size(x.shape(1)) == s.inputs(), "x must have the network's columns.");
        s.forward_kept(dense<T>(x));
    })
        .def("read", [](const S& s, const std::string& what, int l, nb::ndarray<T, nb::c_contig> to) {
        return s.read(what, l, to.data());
    }).def("read_gradient", [](const S& s, Flat<T> to) { s.read_gradient(to.data()); });
}

template void bind_session<float>(nb::module_&, const char*);
template void bind_session<double>(nb::module_&, const char*);

}  // namespace glassnet
