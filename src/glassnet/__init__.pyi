"""The public names and where each is defined; ``__init__.py`` loads one when it is first asked for."""

from . import doctor as doctor
from . import errors as errors
from .data.rows_on_disk import Rows as Rows
from .doctor.diagnosis import Diagnosis as Diagnosis, diagnose as diagnose
from .doctor.findings import Finding as Finding
from .doctor.proof import Proof as Proof
from .doctor.remedies import Remedy as Remedy
from .doctor.rounds import Doctor as Doctor
from .engine.init_from_rows import init_from_rows as init_from_rows
from .engine.interface import StopRule as StopRule
from .engine.prediction import predict as predict
from .engine.predictor import predictor as predictor
from .estimators.hidden_features import HiddenFeatures as HiddenFeatures
from .estimators.mlp import MLPClassifier as MLPClassifier, MLPRegressor as MLPRegressor
from .estimators.tables.classifier import TableClassifier as TableClassifier
from .estimators.tables.conformal import Conformal as Conformal, conformal as conformal
from .estimators.tables.presets import preset_parameters as preset_parameters
from .estimators.tables.regressor import TableRegressor as TableRegressor
from .estimators.wrong_labels import suspects as suspects
from .export.agreement import Agreement as Agreement, check_export as check_export
from .export.c.files import CFiles as CFiles, export_c as export_c
from .export.onnx.files import export_onnx as export_onnx
from .export.scikit_learn.making import to_sklearn as to_sklearn
from .export.scikit_learn.taking import from_sklearn as from_sklearn
from .export.torch.convert import (
    export_torch as export_torch,
    from_torch as from_torch,
    to_torch as to_torch,
)
from .inspection.attributions import Attributions as Attributions, attributions as attributions
from .inspection.bounds import Bounds as Bounds, bounds as bounds
from .inspection.collapse import collapse as collapse
from .inspection.conflict import Conflict as Conflict
from .inspection.deepening import deepen as deepen
from .inspection.dependence import Dependence as Dependence, dependence as dependence
from .inspection.derive import Derivation as Derivation, derive as derive
from .inspection.gradients import GradientCheck as GradientCheck, check_gradients as check_gradients
from .inspection.growth_score import GrowthScore as GrowthScore, growth_score as growth_score
from .inspection.importances import Importances as Importances, importances as importances
from .inspection.influence import Influence as Influence, influence as influence
from .inspection.ledger import Ledger as Ledger, ledger as ledger
from .inspection.local import Kink as Kink, Local as Local, local as local
from .inspection.noise_scale import NoiseScale as NoiseScale
from .inspection.privacy import Privacy as Privacy, privacy as privacy
from .inspection.regions import Regions as Regions, regions as regions
from .inspection.trace import Trace as Trace, trace as trace
from .inspection.twin_units import merge_twins as merge_twins
from .inspection.widening import widen as widen
from .inspection.wrong_labels import Suspects as Suspects
from .lab.python import OpenLab as OpenLab, lab as lab
from .network.activations import (
    ELU as ELU,
    GELU as GELU,
    SELU as SELU,
    Cos as Cos,
    Exp as Exp,
    Identity as Identity,
    LeakyReLU as LeakyReLU,
    Logistic as Logistic,
    Mish as Mish,
    ReLU as ReLU,
    SiLU as SiLU,
    Sin as Sin,
    Softmax as Softmax,
    Softplus as Softplus,
    Softsign as Softsign,
    Square as Square,
    Tanh as Tanh,
)
from .network.batch_norm import BatchNorm as BatchNorm
from .network.connections import Blocks as Blocks
from .network.ensembles import member_networks as member_networks
from .network.fronts import (
    embeddings as embeddings,
    input_scale as input_scale,
    periodic_embeddings as periodic_embeddings,
)
from .network.contracts import (
    Activation as Activation,
    Elementwise as Elementwise,
    Loss as Loss,
    Metric as Metric,
)
from .network.heads import Head as Head, output_layer as output_layer
from .network.initializers import (
    Constant as Constant,
    GlorotNormal as GlorotNormal,
    GlorotUniform as GlorotUniform,
    HeNormal as HeNormal,
    HeUniform as HeUniform,
    Initializer as Initializer,
    LecunNormal as LecunNormal,
    LecunUniform as LecunUniform,
    Normal as Normal,
    Orthogonal as Orthogonal,
    Uniform as Uniform,
    Zeros as Zeros,
)
from .network.layers import Dense as Dense, Scaling as Scaling
from .network.losses import (
    AbsoluteError as AbsoluteError,
    BinaryCrossEntropy as BinaryCrossEntropy,
    CrossEntropy as CrossEntropy,
    Huber as Huber,
    Poisson as Poisson,
    Quantile as Quantile,
    SquaredError as SquaredError,
)
from .network.multipliers import Multipliers as Multipliers
from .network.metrics import (
    R2 as R2,
    Accuracy as Accuracy,
    MeanAbsoluteError as MeanAbsoluteError,
    RootMeanSquaredError as RootMeanSquaredError,
)
from .network.network import Network as Network
from .network.penalties import L1 as L1, L2 as L2
from .optim.cosines import (
    Cosine as Cosine,
    CosineLog as CosineLog,
    FlatCosine as FlatCosine,
    OneCycle as OneCycle,
)
from .optim.optimizers import (
    LBFGS as LBFGS,
    SGD as SGD,
    Adam as Adam,
    AdamW as AdamW,
    IRprop as IRprop,
    Momentum as Momentum,
    Nesterov as Nesterov,
    RMSprop as RMSprop,
)
from .optim.schedules import (
    ConstantRate as ConstantRate,
    ExponentialDecay as ExponentialDecay,
    InverseScaling as InverseScaling,
    Plateau as Plateau,
    Schedule as Schedule,
    StepDecay as StepDecay,
    WarmUp as WarmUp,
)
from .report.of_estimator import table_report as table_report
from .saving.model_file import load as load, save as save
from .scale.train import train_parallel as train_parallel
from .training.averages import MovingAverage as MovingAverage
from .training.checkpoints import Checkpoint as Checkpoint
from .training.early_stopping import EarlyStopping as EarlyStopping
from .training.history import History as History
from .training.logs import JsonLines as JsonLines, TensorBoard as TensorBoard
from .training.many import run_many as run_many
from .training.noisy_steps import NoisySteps as NoisySteps
from .training.observers import (
    EpochEnd as EpochEnd,
    Every as Every,
    LastStep as LastStep,
    LayerNorms as LayerNorms,
    Observer as Observer,
    Snapshots as Snapshots,
)
from .training.progress import Progress as Progress
from .training.range_test import RangeTest as RangeTest, learning_rate_range as learning_rate_range
from .training.run import Run as Run
from .training.trail import Trail as Trail
from .training.train import train as train
from .tuning.result import SearchResult as SearchResult
from .tuning.search import search as search
from .tuning.space import Between as Between

__version__: str
