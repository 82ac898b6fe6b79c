"""Feedforward networks trained by explicit backpropagation, with every number open to see."""

from glassnet.engine.interface import StopRule
from glassnet.engine.prediction import predict
from glassnet.engine.predictor import predictor
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.inspection.collapse import collapse
from glassnet.network.activations import (
    ELU,
    GELU,
    SELU,
    Exp,
    Identity,
    LeakyReLU,
    Logistic,
    Mish,
    ReLU,
    SiLU,
    Sin,
    Softmax,
    Softplus,
    Softsign,
    Square,
    Tanh,
)
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.contracts import Activation, Elementwise, Loss, Metric
from glassnet.network.heads import Head, output_layer
from glassnet.network.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    Normal,
    Orthogonal,
    Zeros,
)
from glassnet.network.layers import Dense, Scaling
from glassnet.network.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    Poisson,
    Quantile,
    SquaredError,
)
from glassnet.network.metrics import R2, Accuracy, MeanAbsoluteError, RootMeanSquaredError
from glassnet.network.network import Network
from glassnet.network.penalties import L1, L2
from glassnet.optim.optimizers import (
    LBFGS,
    SGD,
    Adam,
    AdamW,
    IRprop,
    Momentum,
    Nesterov,
    RMSprop,
)
from glassnet.optim.schedules import (
    ConstantRate,
    Cosine,
    ExponentialDecay,
    InverseScaling,
    OneCycle,
    Plateau,
    Schedule,
    StepDecay,
    WarmUp,
)
from glassnet.training.checkpoints import Checkpoint
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.history import History
from glassnet.training.logs import JsonLines, TensorBoard
from glassnet.training.observers import (
    EpochEnd,
    Every,
    LastStep,
    LayerNorms,
    Observer,
    Snapshots,
)
from glassnet.training.progress import Progress
from glassnet.training.range_test import RangeTest, learning_rate_range
from glassnet.training.train import Run, train

__version__ = "0.1.0"

__all__ = [
    "ELU", "GELU", "L1", "L2", "LBFGS", "R2", "SELU", "SGD", "AbsoluteError", "Accuracy",
    "Activation", "Adam", "AdamW", "BatchNorm", "BinaryCrossEntropy", "Checkpoint", "Constant",
    "ConstantRate", "Cosine", "CrossEntropy", "Dense", "EarlyStopping", "Elementwise", "EpochEnd",
    "Every", "Exp", "ExponentialDecay", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform",
    "Head", "History", "Huber", "IRprop", "Identity", "Initializer", "InverseScaling", "JsonLines",
    "LastStep", "LayerNorms", "LeakyReLU", "LecunNormal", "LecunUniform", "Logistic", "Loss",
    "MLPClassifier", "MLPRegressor", "MeanAbsoluteError", "Metric", "Mish", "Momentum", "Nesterov",
    "Network", "Normal", "Observer", "OneCycle", "Orthogonal", "Plateau", "Poisson", "Progress",
    "Quantile", "RMSprop", "RangeTest", "ReLU", "RootMeanSquaredError", "Run", "Scaling",
    "Schedule", "SiLU", "Sin", "Snapshots", "Softmax", "Softplus", "Softsign", "Square",
    "SquaredError", "StepDecay", "StopRule", "Tanh", "TensorBoard", "WarmUp", "Zeros", "collapse",
    "learning_rate_range", "output_layer", "predict", "predictor", "train",
]  # fmt: skip
