// The suites; each runs on the instruction set that GLASSNET_ISA names.
#pragma once

#include "check.hpp"
#include "problem.hpp"

namespace glassnet::tests {

void gradients();  // of every activation and loss, against central differences, in double
template <class T>
void shapes();  // ragged sizes, against the textbook
template <class T>
void training();  // optimizers, clipping, limits, endings
template <class T>
void sameness();  // watched or not, dense or CSR, one thread or several: the same bits
template <class T>
void shares();  // the gradients of a batch's parts add up to that of the whole
template <class T>
void bf16();
template <class T>
void predictions();
template <class T>
void functions();  // activations at the edges; dropout's masks

}  // namespace glassnet::tests
