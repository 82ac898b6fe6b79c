// Predictors in Python: callables that answer for one row in about a microsecond.
#include "bindings.hpp"
#include "predictor.hpp"

namespace glassnet {
namespace {

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

}  // namespace

template <class T>
void bind_predictor(nb::module_& m, const char* name) {
    using Held = HeldPredictor<T>;
    nb::class_<Held>(m, name, nb::type_slots(predictor_slots<T>))
        .def("__init__",
             [](Held* self, const nb::dict& design, Flat<const T> theta, nb::object empty, nb::object other) {
        new (self) Held(design_of(design), kernels<T>(instruction_set()));
        self->empty = std::move(empty), self->other = std::move(other);
        Session<T>& s = self->session();
        s.load(theta.data(), must_be_parameters<const T>(s.parameters(), theta, {}).data(), 0, 0, 0);
    })
        .def("load_statistics", [](Held& p, int l, Flat<const T> mean, Flat<const T> variance) {
        p.session().load_statistics(l, mean.data(), variance.data());
    }).def("__call__", [](Held& p, nb::handle x) { return predicted<T>(p, x, p.empty, p.other); });
}

template void bind_predictor<float>(nb::module_&, const char*);
template void bind_predictor<double>(nb::module_&, const char*);

}  // namespace glassnet
