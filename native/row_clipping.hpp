// Clipping of single rows' gradients, and noise: the twins of engine/reference_clipping.py.
#pragma once

#include <cmath>

#include "words.hpp"

namespace glassnet {

// Leaves delta, each row times c = min(1, C / |g|), in `clipped`: |g|^2 is the sum over layers of
// (|a|^2 + 1) |delta|^2, so that no row's gradient is made. delta carries the row's weight, |g| not.
template <class T>
void Session<T>::clip_rows(const Pass& pass) {
    const Span mine = pass.mine;
    const auto part = [&](Numbers<T>& of_rows) { return of_rows + mine.first; };
    std::fill_n(part(lengths_), mine.count(), T(0));
    for (int l = 1; l <= depth(); l++) {
        const Layer<T>&layer = layers_[l], &below = layers_[l - 1];
        if (layer.design->frozen) continue;
        const int ones = layer.design->bias ? 1 : 0;
        k_->row_squares(from_row(below, below.a, mine.first), part(a_squares_),
                        {mine.count(), 0, below.stride, below.units + ones, -1}, false);
        k_->row_squares(from_row(layer, layer.delta, mine.first), part(delta_squares_),
                        {mine.count(), 0, layer.stride, layer.columns, -1}, layer.head);
        for (int m = mine.first; m < mine.last; m++) lengths_[m] += a_squares_[m] * delta_squares_[m];
    }
    const T limit = T(design_.clip_per_sample);
    for (int m = mine.first; m < mine.last; m++) {
        const T length = weights_[m] > 0 ? std::sqrt(lengths_[m]) / weights_[m] : T(0);
        T factor = length > limit ? limit / length : T(1);
        // Weights are 1/m of the m rows that came; with noise the sum is divided by the size asked for.
        if (design_.noise > 0) factor *= T(pass.rows / design_.noise_rows);
        lengths_[m] = factor;
    }
    for (int l = 1; l <= depth(); l++) {
        Layer<T>& layer = layers_[l];
        if (layer.design->frozen) continue;
        const Extent e{mine.count(), layer.panels, layer.stride, layer.columns, -1};
        T* to = from_row(layer, layer.clipped, mine.first);
        k_->scale_rows(part(lengths_), from_row(layer, layer.delta, mine.first), to, e, layer.head);
        if (pairs_ && !layer.head) pair(layer, layer.clipped, nullptr, layer.delta_rows, layer.panels, mine);
    }
}

// Ten rounds of Philox4x32; see glassnet/network/random_numbers.py for what the counter says.
inline void philox(std::uint32_t c[4], std::uint64_t seed) {
    std::uint32_t k0 = std::uint32_t(seed), k1 = std::uint32_t(seed >> 32);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85) {
        const std::uint64_t a = std::uint64_t(0xD2511F53) * c[0], b = std::uint64_t(0xCD9E8D57) * c[2];
        const std::uint32_t next[4] = {std::uint32_t(b >> 32) ^ c[1] ^ k0, std::uint32_t(b),
                                       std::uint32_t(a >> 32) ^ c[3] ^ k1, std::uint32_t(a)};
        std::copy_n(next, 4, c);
    }
}

// A uniform number of 53 bits in [0, 1).
inline double uniform(std::uint32_t high, std::uint32_t low) {
    return double(std::uint64_t(high) << 21 | low >> 11) * 0x1p-53;
}

// The gradient's noise of step t: entry k of theta has the normal number of counter (k / 2, 0, t).
template <class T>
void Session<T>::add_noise(const Part& part, std::int64_t t) {
    constexpr std::uint32_t purpose = 4u << 28;
    constexpr double turn = 6.283185307179586476925286766559;
    const double deviation = design_.noise * design_.clip_per_sample / design_.noise_rows;
    const Span pairs = part.share(int((canonical_count + 1) / 2));
    for (int i = pairs.first; i < pairs.last; i++) {
        std::uint32_t c[4] = {std::uint32_t(i), 0, std::uint32_t(t), purpose};
        philox(c, design_.seed);
        const double radius = std::sqrt(-2 * std::log(uniform(c[0], c[1]) + 0x1p-53));
        const double angle = turn * uniform(c[2], c[3]);
        noise_[2 * i] = T(deviation * radius * std::cos(angle));
        noise_[2 * i + 1] = T(deviation * radius * std::sin(angle));
    }
    part.wait();
    if (part.index == 0)
        each_parameter(layers_, n_, noise_.get(), [](T& noise, Block<T>& b, Size at) { b.g[at] += noise; });
    part.wait();
}

}  // namespace glassnet
