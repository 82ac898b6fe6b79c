// What a session is told once: the network, its loss, its optimizer. Plain data, checked in Python.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace glassnet {

struct LayerDesign {
    int units = 0;
    std::string activation;
    std::array<double, 4> parameters{};
    bool bias = true, frozen = false, norm = false;
    double dropout = 0, norm_momentum = 0, norm_epsilon = 0;
    double rate = 1, bias_rate = 1, decay = 1;  // multipliers of the learning rate and of weight decay
    double kappa_rate = 1;
    bool parametric = false;                     // a = z + kappa (phi(z) - z)
    bool residual = false;                       // a[l - 1] is added to a[l]
    int members = 1;                             // that share W, each with r, s and b of its own
    std::vector<int> block_inputs{}, block_units{};  // connections, group by group; empty: all
};

struct HeadDesign {
    int units = 0;
    std::string activation, loss;
    std::array<double, 4> parameters{}, loss_parameters{};
    bool partner = false;               // the loss is computed from scores
    double scale = 1;                   // of its part in the loss
};

struct Design {
    int inputs = 0;
    std::vector<LayerDesign> layers;
    std::vector<HeadDesign> heads;      // of the last layer
    std::string optimizer;
    int memories = 0;                   // arrays of the optimizer's memory
    std::array<double, 5> hyperparameters{};  // see Session::prepare
    double weight_decay = 0;
    double l1 = 0, l2 = 0;              // penalties, the same for every batch
    double l1_shared = 0, l2_shared = 0;  // divided by the sum of the batch's weights
    double clip_norm = 0, clip_value = 0, max_norm = 0;  // 0: none
    double clip_per_sample = 0;         // limit of each row's gradient; 0: none
    double noise = 0, noise_rows = 1;   // multiplier of that limit; the batch size asked for
    std::vector<double> mean, scale;    // of the input stage; empty: none
    std::uint64_t seed = 0;
    bool bf16 = false;                  // products of bfloat16 numbers, summed in float32
    int threads = 1;                    // at most
    double thread_operations = 0;       // of a pass, that are worth another thread
};

}  // namespace glassnet
