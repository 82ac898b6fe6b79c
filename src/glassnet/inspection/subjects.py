"""What is inspected: a network, and how the columns a user gives become its inputs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.rules import NumberRule
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.ensembles import check_plain
from glassnet.network.layers import Scaling
from glassnet.network.network import Network


@dataclass(frozen=True, eq=False)
class Subject:
    """A network with the units and names of its inputs and outputs.

    Attributes
    ----------
    network : Network
    features : tuple of str
        Names of the n₀ columns.
    outputs : tuple of str
        Names of the n_L outputs.
    center, scale : (n₀,) float64
        What stands before the network: it is given (x − center) / scale.
    target_mean, target_scale : float
        What stands behind it: a prediction is a[L] · target_scale + target_mean.

    Examples
    --------
    >>> import glassnet as gn
    >>> subject(gn.Network(2, [gn.Dense(1, "identity")])).features
    ('x₁', 'x₂')
    """

    network: Network
    features: tuple[str, ...]
    outputs: tuple[str, ...]
    center: Array
    scale: Array
    target_mean: float = 0.0
    target_scale: float = 1.0

    @property
    def input_map(self) -> tuple[Array, Array]:
        """f and s of a[0] = f x + s: the scaling before the network and its own input stage."""
        factor, shift = 1 / self.scale, -self.center / self.scale
        stage = self.network.specification.input_stage
        if stage is None:
            return factor, shift
        if not isinstance(stage, Scaling):
            raise InvalidValue(
                "the input stage must be a Scaling to be folded in; the network has "
                f"{type(stage).__name__}. Look at the network behind it instead."
            )
        mean, scale = np.array(stage.mean), np.array(stage.scale)
        return factor / scale, (shift - mean) / scale

    def point(self, x: Any, name: str = "x") -> Array:
        """One row of the user's columns, checked.  -> (n₀,) float64"""
        inputs = self.network.units[0]
        try:
            row = np.asarray(x, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InvalidValue(f"{name} must hold numbers; {error}.") from error
        row = row[0] if row.ndim == 2 and len(row) == 1 else row
        if row.ndim == 0 and inputs == 1:
            row = row[None]
        if row.shape != (inputs,):
            raise ShapeMismatch(
                f"{name} must be one row of the {inputs} inputs, ({inputs},); got shape "
                f"{np.shape(x)}. Take one row, as in X[0]."
            )
        if np.isnan(row).any():
            raise InvalidValue(f"{name} must hold no nan; column {self._nan(row)} has.")
        return row

    def _nan(self, row: Array) -> str:
        return repr(self.features[int(np.flatnonzero(np.isnan(row))[0])])


def subject(model: Any) -> Subject:
    """The network of a model, and what stands before it.

    Parameters
    ----------
    model : Network, fitted estimator, Pipeline or table model
        An estimator is anything with a ``network_``; a pipeline may scale the columns before it.

    Raises
    ------
    InvalidValue
        If there is no network in it, a step before it is not a scaling, or a parameter is nan.

    Examples
    --------
    >>> import glassnet as gn
    >>> clf = gn.MLPClassifier((3,), max_iter=1, tol=0, solver="lbfgs", early_stopping=False)
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     _ = clf.fit([[0.0], [1.0], [2.0]], ["a", "b", "c"])
    >>> subject(clf).outputs
    ('a', 'b', 'c')
    """
    found = _subject(model)
    check_plain(found.network.specification)
    theta = np.asarray(found.network.state.theta)
    lost = int((~np.isfinite(theta)).sum())
    if lost:
        raise InvalidValue(
            f"the parameters of a network must be finite to look into it; {lost} of {theta.size} "
            "are nan or infinite, so it has diverged. Train it again with a smaller learning_rate."
        )
    return found


def _subject(model: Any) -> Subject:
    steps = getattr(model, "steps", None)
    if isinstance(model, Network):
        return _plain(model)
    if isinstance(steps, list) and steps:
        return _of_pipeline(model, steps)
    if isinstance(getattr(model, "network_", None), Network):
        return _of_estimator(model)
    if isinstance(getattr(model, "network", None), Network) and hasattr(model, "encoder"):
        return _of_table(model)
    raise InvalidValue(
        "the model must be a glassnet Network or a fitted estimator that has one; "
        f"got {type(model).__name__}. Call fit first, or pass net = estimator.network_."
    )


def _plain(
    net: Network, features: Sequence[Any] | None = None, outputs: Sequence[Any] | None = None
) -> Subject:
    n, k = net.units[0], net.units[net.depth]
    names = features if features is not None else [f"x{_low(j)}" for j in range(1, n + 1)]
    results = outputs if outputs is not None else ["y"] if k == 1 else [
        f"y{_low(j)}" for j in range(1, k + 1)
    ]  # fmt: skip
    return Subject(net, tuple(map(str, names)), tuple(map(str, results)), np.zeros(n), np.ones(n))


def _low(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _of_estimator(model: Any) -> Subject:
    net, classes = model.network_, getattr(model, "classes_", None)
    k, outputs = net.units[net.depth], None
    if classes is not None and np.ndim(classes) == 1:
        # Two classes have one output, the probability of the second.
        outputs = list(classes) if len(classes) == k else [classes[1]] if k == 1 else None
    encoder = getattr(model, "encoder_", None)  # one that encodes tables has columns of its own
    names = getattr(model, "feature_names_in_", None)
    return _plain(net, names if encoder is None else encoder.feature_names, outputs)


def _of_table(model: Any) -> Subject:
    center: list[float] = []
    scale: list[float] = []
    for rule in model.encoder.rules:
        if isinstance(rule, NumberRule):
            center.append(rule.mean)
            scale.append(rule.scale)
        rest = len(rule.outputs) - isinstance(rule, NumberRule)  # levels, bins, "is missing"
        center += [0.0] * rest
        scale += [1.0] * rest
    target, net = model.target, model.network
    k, classes = net.units[net.depth], target.classes
    outputs = classes if len(classes) == k else classes[1:] if len(classes) == 2 else [target.name]
    made = _plain(net, model.encoder.feature_names, outputs)
    return Subject(
        net, made.features, made.outputs, np.array(center), np.array(scale), target.mean,
        target.scale,
    )  # fmt: skip


def _of_pipeline(model: Any, steps: list[Any]) -> Subject:
    inner = subject(steps[-1][1])
    n = inner.network.units[0]
    factor, shift = np.ones(n), np.zeros(n)
    for name, step in steps[:-1]:
        if step is None or step == "passthrough":
            continue
        f, s = _scaling(name, step, n)
        factor, shift = f * factor, f * shift + s
    names = getattr(model, "feature_names_in_", None)
    features = inner.features if names is None else tuple(map(str, names))
    scale = inner.scale / factor
    center = (inner.center - shift) / factor
    return Subject(
        inner.network, features, inner.outputs, center, scale, inner.target_mean,
        inner.target_scale,
    )  # fmt: skip


def _scaling(name: str, step: Any, n: int) -> tuple[Array, Array]:
    """f and s of a step that makes f x + s of each column, by its attributes, and put to the test.

    Asked at 0 and 1 alone, a scaler with a large mean would lose the digits of its scale.
    """
    factor, shift = _by_attributes(step, n)
    rows = np.vstack([np.zeros(n), np.ones(n), np.linspace(-2, 3, n)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # rows without the names of the columns
            found = np.asarray(step.transform(rows), dtype=np.float64)
        affine = found.shape == rows.shape and np.allclose(rows * factor + shift, found)
    except (TypeError, ValueError, AttributeError):
        affine = False
    if not affine or not (factor != 0).all():
        raise InvalidValue(
            f"every step before the network must scale each column by itself; {name!r}, a "
            f"{type(step).__name__}, does not. Pass the last step and rows that were transformed."
        )
    return factor, shift


def _by_attributes(step: Any, n: int) -> tuple[Array, Array]:
    scale: Any = getattr(step, "scale_", None)
    scale = np.ones(n) if scale is None else scale
    if hasattr(step, "min_"):  # MinMaxScaler multiplies
        return np.broadcast_to(scale, n) * 1.0, np.broadcast_to(step.min_, n) * 1.0
    mean: Any = getattr(step, "mean_", None)
    mean = getattr(step, "center_", None) if mean is None else mean
    mean = np.zeros(n) if mean is None or not getattr(step, "with_mean", True) else mean
    return np.broadcast_to(1 / np.asarray(scale), n) * 1.0, np.broadcast_to(-mean / scale, n) * 1.0
