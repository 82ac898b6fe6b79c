"""Feedforward networks trained by explicit backpropagation, with every number open to see."""

from glassnet.doctor.diagnosis import Diagnosis, diagnose
from glassnet.doctor.findings import Finding
from glassnet.engine.interface import StopRule
from glassnet.engine.prediction import predict
from glassnet.engine.predictor import predictor
from glassnet.estimators.hidden_features import HiddenFeatures
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.estimators.wrong_labels import suspects
from glassnet.inspection.bounds import Bounds, bounds
from glassnet.inspection.collapse import collapse
from glassnet.inspection.conflict import Conflict
from glassnet.inspection.derive import Derivation, derive
from glassnet.inspection.gradients import GradientCheck, check_gradients
from glassnet.inspection.influence import Influence, influence
from glassnet.inspection.ledger import Ledger, ledger
from glassnet.inspection.local import Kink, Local, local
from glassnet.inspection.noise_scale import NoiseScale
from glassnet.inspection.privacy import Privacy, privacy
from glassnet.inspection.regions import Regions, regions
from glassnet.inspection.trace import Trace, trace
from glassnet.inspection.wrong_labels import Suspects
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
from glassnet.training.many import run_many
from glassnet.training.noisy_steps import NoisySteps
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
from glassnet.training.run import Run
from glassnet.training.trail import Trail
from glassnet.training.train import train

__version__ = "0.1.0"

__all__ = [
    "ELU", "GELU", "L1", "L2", "LBFGS", "R2", "SELU", "SGD", "AbsoluteError", "Accuracy",
    "Activation", "Adam", "AdamW", "BatchNorm", "BinaryCrossEntropy", "Bounds", "Checkpoint",
    "Conflict", "Constant", "ConstantRate", "Cosine", "CrossEntropy", "Dense", "Derivation",
    "Diagnosis", "EarlyStopping", "Elementwise", "EpochEnd", "Every", "Exp", "ExponentialDecay",
    "Finding", "GlorotNormal", "GlorotUniform", "GradientCheck", "HeNormal", "HeUniform", "Head",
    "HiddenFeatures", "History", "Huber", "IRprop", "Identity", "Influence", "Initializer",
    "InverseScaling", "JsonLines", "Kink", "LastStep", "LayerNorms", "LeakyReLU", "LecunNormal",
    "LecunUniform", "Ledger", "Local", "Logistic", "Loss", "MLPClassifier", "MLPRegressor",
    "MeanAbsoluteError", "Metric", "Mish", "Momentum", "Nesterov", "Network", "NoiseScale",
    "NoisySteps", "Normal", "Observer", "OneCycle", "Orthogonal", "Plateau", "Poisson", "Privacy",
    "Progress", "Quantile", "RMSprop", "RangeTest", "ReLU", "Regions", "RootMeanSquaredError",
    "Run", "Scaling", "Schedule", "SiLU", "Sin", "Snapshots", "Softmax", "Softplus", "Softsign",
    "Square", "SquaredError", "StepDecay", "StopRule", "Suspects", "Tanh", "TensorBoard", "Trace",
    "Trail", "WarmUp", "Zeros", "bounds", "check_gradients", "collapse", "derive", "diagnose",
    "influence", "learning_rate_range", "ledger", "local", "output_layer", "predict", "predictor",
    "privacy", "regions", "run_many", "suspects", "trace", "train",
]  # fmt: skip
