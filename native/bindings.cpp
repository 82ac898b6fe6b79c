// The Python module glassnet._native: arrays in, arrays out, no mathematics.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <optional>
#include <stdexcept>

#include "pairs.hpp"
#include "predictor.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace glassnet {
namespace {

template <class T>
using Flat = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Table = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Integers = Flat<const std::int64_t>;

template <class V>
V entry(const nb::dict& d, const char* key) { return nb::cast<V>(d[key]); }

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
    made.mean = entry<std::vector<double>>(d, "mean");
    made.scale = entry<std::vector<double>>(d, "scale");
    made.seed = entry<std::uint64_t>(d, "seed");
    made.bf16 = entry<bool>(d, "bf16");
    made.threads = entry<int>(d, "threads");
    made.thread_operations = entry<double>(d, "thread_operations");
    return made;
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
std::vector<T*> pointers(const std::vector<Flat<T>>& arrays) {
    std::vector<T*> found;
    for (const auto& array : arrays) found.push_back(array.data());
    return found;
}

template <class T>
Rows<T> dense(const Table<const T>& x) {
    return {x.data(), Size(x.shape(1)), nullptr, nullptr, Size(x.shape(0))};
}
template <class T>
Rows<T> sparse(const Flat<const T>& values, const Flat<const std::int32_t>& indices, const Integers& indptr) {
    return {values.data(), 0, indptr.data(), indices.data(), Size(indptr.shape(0)) - 1};
}

// The border checks what the kernels trust: nothing beyond it reads outside an array.
void must(bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(what);
}
void must_be_rows(const std::int64_t* rows, Size count, Size limit) {
    bool inside = true;
    for (Size i = 0; i < count; i++) inside &= std::uint64_t(rows[i]) < std::uint64_t(limit);
    if (!inside) throw std::out_of_range("rows of a plan must be numbers of rows of the data.");
}
template <class T>
void must_fit(const Session<T>& s, const Rows<T>& x, Size columns, const Table<T>& z, const Table<T>& a) {
    const auto fits = [&](const Table<T>& t) {
        return Size(t.shape(0)) == x.count && Size(t.shape(1)) == s.outputs();
    };
    must(columns == s.inputs() && fits(z) && fits(a), "x, z and a must fit the network.");
}
template <class T>
void must_be_sparse(const Session<T>& s, const Rows<T>& x, Size values, Size indices) {
    bool inside = x.count >= 0 && x.indptr[0] == 0 && x.indptr[x.count] <= values && values == indices;
    for (Size i = 0; i < x.count; i++) inside &= x.indptr[i] <= x.indptr[i + 1];
    for (Size i = 0; i < indices; i++) inside &= std::uint32_t(x.indices[i]) < std::uint32_t(s.inputs());
    must(inside, "sparse rows must have the network's columns.");
}
template <class T>
void must_be_data(const Session<T>& s, const Rows<T>& x, const Table<const T>& y,
                  const std::optional<Flat<const T>>& w) {
    must(Size(y.shape(0)) == x.count && Size(y.shape(1)) == s.outputs(), "y must fit x and the network.");
    must(!w || Size(w->shape(0)) == x.count, "w must have an entry per row.");
}
template <class T>
std::vector<T*> must_be_parameters(Size count, const Flat<T>& theta, const std::vector<Flat<T>>& memory) {
    bool fits = Size(theta.shape(0)) == count;
    for (const auto& array : memory) fits &= Size(array.shape(0)) == count;
    must(fits, "theta and the optimizer's memory must fit the network.");
    return pointers<T>(memory);
}

template <class T>
auto run(Session<T>& session, Integers rows, Integers offsets, Flat<const double> rates, Integers ends,
         std::optional<std::tuple<double, double, double, double>> stop, Flat<double> costs,
         Flat<double> weights) {
    const Size steps = Size(rates.shape(0));
    must(Size(offsets.shape(0)) == steps + 1 && Size(costs.shape(0)) == steps &&
             Size(weights.shape(0)) == steps, "a plan must have one rate per step.");
    bool ordered = offsets.data()[0] >= 0 && offsets.data()[steps] <= Size(rows.shape(0));
    for (Size k = 0; k < steps; k++) ordered &= offsets.data()[k] <= offsets.data()[k + 1];
    must(ordered, "offsets of a plan must rise, within its rows.");
    must_be_rows(rows.data() + offsets.data()[0], offsets.data()[steps] - offsets.data()[0], session.rows());
    PlanView plan{rows.data(), offsets.data(), rates.data(), int(rates.shape(0)),
                  ends.data(), int(ends.shape(0)), {}};
    if (stop) {
        const auto [tolerance, patience, best, stale] = *stop;
        plan.stop = {true, tolerance, best, stale, patience};
    }
    Ended ended;
    int taken;
    {
        nb::gil_scoped_release unlocked;
        taken = session.run(plan, costs.data(), weights.data(), ended, interrupted);
    }
    static const char* words[] = {"done", "diverged", "interrupted", "stopped"};
    return std::make_tuple(taken, std::string(words[int(ended)]));
}

template <class T>
auto seen(const typename Session<T>::Seen& s) {
    return std::make_tuple(s.loss, s.penalty, s.weight_sum, s.finite);
}

template <class T>
void bind_session(nb::module_& m, const char* name) {
    using S = Session<T>;
    nb::class_<S>(m, name)
        .def("__init__", [](S* self, const nb::dict& design) {
            new (self) S(design_of(design), kernels<T>(instruction_set()));
        })
        .def("data", [](S& s, Table<const T> x, Table<const T> y, std::optional<Flat<const T>> w) {
            must(Size(x.shape(1)) == s.inputs(), "x must have the network's columns.");
            must_be_data<T>(s, dense<T>(x), y, w);
            s.data(dense<T>(x), y.data(), w ? w->data() : nullptr);
        }, "x"_a.noconvert(), "y"_a.noconvert(), "w"_a.none())
        .def("sparse_data", [](S& s, Flat<const T> values, Flat<const std::int32_t> indices,
                               Integers indptr, Table<const T> y, std::optional<Flat<const T>> w) {
            const Rows<T> x = sparse<T>(values, indices, indptr);
            must_be_sparse(s, x, Size(values.shape(0)), Size(indices.shape(0)));
            must_be_data<T>(s, x, y, w);
            s.data(x, y.data(), w ? w->data() : nullptr);
        }, "values"_a.noconvert(), "indices"_a.noconvert(), "indptr"_a.noconvert(),
           "y"_a.noconvert(), "w"_a.none())
        .def("load", [](S& s, Flat<const T> theta, const std::vector<Flat<const T>>& memory, double J,
                        std::int64_t steps, std::int64_t t) {
            s.load(theta.data(), must_be_parameters(s.parameters(), theta, memory).data(), J, steps, t);
        })
        .def("load_statistics", [](S& s, int l, Flat<const T> mean, Flat<const T> variance) {
            s.load_statistics(l, mean.data(), variance.data());
        })
        .def("save", [](const S& s, Flat<T> theta, const std::vector<Flat<T>>& memory) {
            s.save(theta.data(), must_be_parameters(s.parameters(), theta, memory).data());
        })
        .def("save_statistics", [](const S& s, int l, Flat<T> mean, Flat<T> variance) {
            s.save_statistics(l, mean.data(), variance.data());
        })
        .def_prop_ro("t", &S::t)
        .def_prop_ro("optimizer_steps", &S::optimizer_steps)
        .def_prop_ro("last_cost", &S::last_cost)
        .def_prop_ro("seen_rows", &S::seen_rows)
        .def("run", run<T>, "rows"_a, "offsets"_a, "rates"_a, "ends"_a, "stop"_a.none(), "costs"_a,
             "weights"_a)
        .def("look", [](S& s, Integers rows, double rate) {
            must_be_rows(rows.data(), Size(rows.shape(0)), s.rows());
            return seen<T>(s.look(rows.data(), int(rows.shape(0)), rate));
        })
        .def("gradient", [](S& s, Integers rows) {
            must_be_rows(rows.data(), Size(rows.shape(0)), s.rows());
            return seen<T>(s.gradient(rows.data(), int(rows.shape(0))));
        })
        .def("apply", [](S& s, Flat<const T> g, double rate, double J) {
            must_be_parameters<const T>(s.parameters(), g, {});
            s.apply(g.data(), rate, J);
        })
        .def("forward", [](S& s, Table<const T> x, Table<T> z, Table<T> a) {
            must_fit(s, dense<T>(x), Size(x.shape(1)), z, a);
            nb::gil_scoped_release unlocked;
            s.forward(dense<T>(x), z.data(), a.data());
        })
        .def("sparse_forward", [](S& s, Flat<const T> values, Flat<const std::int32_t> indices,
                                  Integers indptr, Table<T> z, Table<T> a) {
            const Rows<T> x = sparse<T>(values, indices, indptr);
            must_be_sparse(s, x, Size(values.shape(0)), Size(indices.shape(0)));
            must_fit(s, x, s.inputs(), z, a);
            nb::gil_scoped_release unlocked;
            s.forward(x, z.data(), a.data());
        })
        .def("forward_kept", [](S& s, Table<const T> x) {
            must(Size(x.shape(1)) == s.inputs(), "x must have the network's columns.");
            s.forward_kept(dense<T>(x));
        })
        .def("read", [](const S& s, const std::string& what, int l, nb::ndarray<T, nb::c_contig> to) {
            return s.read(what, l, to.data());
        })
        .def("read_gradient", [](const S& s, Flat<T> to) { s.read_gradient(to.data()); });
}

// What a predictor's fast path takes: a row or rows of T, finite, in C order. All else goes to `other`.
template <class T>
nb::object predicted(Predictor<T>& p, nb::handle x, const nb::object& empty, const nb::object& other) {
    nb::ndarray<const T, nb::c_contig, nb::device::cpu> from;
    if (!nb::try_cast(x, from, false)) return other(x);
    Session<T>& s = p.session();
    const bool row = from.ndim() == 1;
    if (!(row || from.ndim() == 2) || Size(from.shape(row ? 0 : 1)) != s.inputs()) return other(x);
    const Size rows = row ? 1 : Size(from.shape(0));
    nb::object made = row ? empty(s.outputs()) : empty(nb::make_tuple(rows, s.outputs()));
    auto to = nb::cast<nb::ndarray<T, nb::c_contig, nb::device::cpu>>(made, false);
    bool finite;
    if (std::unique_lock mine = p.try_lock(); rows <= 64 && mine) {
        finite = p.predict(from.data(), rows, to.data());
    } else {
        if (mine) mine.unlock();
        nb::gil_scoped_release unlocked;  // before the lock: who holds it may want the interpreter
        const std::unique_lock waited = p.lock();
        finite = p.predict(from.data(), rows, to.data());
    }
    return finite ? made : other(x);
}

// empty(shape) makes an array of T; other(x) answers or raises for all that is not plain.
template <class T>
struct HeldPredictor : Predictor<T> {
    using Predictor<T>::Predictor;
    nb::object empty, other;
};

// Python's collector must see the objects that a predictor holds: one may lead back to it.
template <class T>
PyType_Slot predictor_slots[] = {
    {Py_tp_traverse, reinterpret_cast<void*>(+[](PyObject* self, visitproc visit, void* arg) {
        Py_VISIT(Py_TYPE(self));
        if (!nb::inst_ready(self)) return 0;
        const auto* held = nb::inst_ptr<HeldPredictor<T>>(self);
        Py_VISIT(held->empty.ptr());
        Py_VISIT(held->other.ptr());
        return 0;
    })},
    {Py_tp_clear, reinterpret_cast<void*>(+[](PyObject* self) {
        auto* held = nb::inst_ptr<HeldPredictor<T>>(self);
        held->empty.reset();
        held->other.reset();
        return 0;
    })},
    {0, nullptr},
};

template <class T>
void bind_predictor(nb::module_& m, const char* name) {
    using Held = HeldPredictor<T>;
    nb::class_<Held>(m, name, nb::type_slots(predictor_slots<T>))
        .def("__init__", [](Held* self, const nb::dict& design, Flat<const T> theta, nb::object empty, nb::object other) {
            new (self) Held(design_of(design), kernels<T>(instruction_set()));
            self->empty = std::move(empty), self->other = std::move(other);
            Session<T>& s = self->session();
            s.load(theta.data(), must_be_parameters<const T>(s.parameters(), theta, {}).data(), 0, 0, 0);
        })
        .def("load_statistics", [](Held& p, int l, Flat<const T> mean, Flat<const T> variance) {
            p.session().load_statistics(l, mean.data(), variance.data());
        })
        .def("__call__", [](Held& p, nb::handle x) { return predicted<T>(p, x, p.empty, p.other); });
}

// Functions on their own, for the tests that hold them against NumPy's; lengths: whole vectors.
template <class T>
void bind_functions(nb::module_& m) {
    m.def("activation", [](const std::string& name, std::array<T, 4> p, Flat<const T> z, Flat<T> a, Flat<T> slope) {
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
        const Output<T> o{held[0], held[1], held[2], nullptr, held[3], held[4],
                          {count, 1, k->width, 1, -1}, true, partner, {p[0], p[1], p[2], p[3]}};
        const int before = k->flush_sub_normals(-1);
        k->loss(kind, o);
        k->flush_sub_normals(before);
        for (int i = 0; i < count; i++) value.data()[i] = held[4][i], slope.data()[i] = held[3][i];
    });
}

}  // namespace
}  // namespace glassnet

NB_MODULE(_native, m) {
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
