// Products of bfloat16 numbers, summed in float32: `precision="bf16"`.
//
// A word holds two bfloat16 numbers, and one instruction multiplies words and adds both products. So
// the kernels of product.hpp and gradient.hpp serve, on matrices of words that are copies of the
// float32 ones: neighbouring columns make a word for z = a W and dJ/da = delta W, neighbouring rows
// for dW = a^T delta. Words travel as floats; nothing computes with them but that instruction.
#pragma once

#include "kernels.hpp"

namespace glassnet {

struct PairKernels {
    void (*multiply)(const Product<float>&);  // inner counts words
    void (*gradient)(const Gradient<float>&);  // batch counts words
    // Word (m, c) of `to` = (from(m, 2c), from(m, 2c + 1)), for `panels` panels of `from`.
    void (*pair_columns)(const float* from, float* to, const Extent&);
    // Word (i, c) of `to` = (from(2i, c), from(2i + 1, c)); a last row without a partner gets 0.
    void (*pair_rows)(const float* from, float* to, Size to_stride, const Extent&);
    void (*copy_weights)(const Block<float>&, const Copies<float>&, int panel, int first_panel, int panels);
};

// Null where the processor has no such instruction.
const PairKernels* pair_kernels();
const PairKernels* pair_kernels_avx512();

}  // namespace glassnet
