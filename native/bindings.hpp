// What the border between Python and the engine shares: arrays, and the checks that they fit.
//
// The kernels trust what passes here: nothing beyond the border reads outside an array.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <stdexcept>

#include "session.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace glassnet {

template <class T>
using Flat = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Table = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Integers = Flat<const std::int64_t>;

// What glassnet/engine/native_design.py makes of a program.
Design design_of(const nb::dict& d);

template <class T>
void bind_session(nb::module_& m, const char* name);
template <class T>
void bind_predictor(nb::module_& m, const char* name);

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

inline void must(bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(what);
}
inline void must_be_rows(const std::int64_t* rows, Size count, Size limit) {
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

}  // namespace glassnet
