// Predictions of a network that no longer changes, for callers who ask a row at a time.
#pragma once

#include <cmath>
#include <mutex>

#include "session.hpp"

namespace glassnet {

template <class T>
class Predictor {
public:
    Predictor(Design design, const Kernels<T>* kernels) : session_(std::move(design), kernels) {}

    Session<T>& session() { return session_; }
    // One caller at a time: the layers' matrices are the session's.
    std::unique_lock<std::mutex> try_lock() { return {busy_, std::try_to_lock}; }
    std::unique_lock<std::mutex> lock() { return std::unique_lock(busy_); }
    // False where x is not finite.
    bool predict(const T* x, Size rows, T* a) {
        T sum = 0;  // 0 times anything finite
        for (Size i = 0; i < rows * session_.inputs(); i++) sum += x[i] * T(0);
        if (!(sum == 0)) return false;
        session_.forward({x, session_.inputs(), nullptr, nullptr, rows}, nullptr, a);
        return true;
    }

private:
    Session<T> session_;
    std::mutex busy_;
};

}  // namespace glassnet
