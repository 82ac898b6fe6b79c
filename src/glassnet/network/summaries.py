"""A network in words: the table of its layers."""

from __future__ import annotations

from glassnet.network.heads import JointActivation
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification


def summary(spec: Specification) -> str:
    """Return a table of the layers: units, activation, shapes and parameters.

    Examples
    --------
    >>> layers = (Dense(3, "relu", dropout=0.5), Dense(1, "identity", bias=False))
    >>> print(summary(Specification(2, layers)))
    layer  units  activation          W       b     parameters
    1      3      relu + dropout 0.5  (3, 2)  (3,)  9
    2      1      identity            (1, 3)  –     3
    2 layers (input not counted), 12 parameters, loss squared_error
    """
    rows = [("layer", "units", "activation", "W", "b", "parameters")]
    for l in range(1, spec.depth + 1):
        layer = spec.layer(l)
        more = extras(layer)
        name = activation_name(layer) + (f" + {', '.join(more)}" if more else "")
        shape_W, shape_b = f"({spec.units[l]}, {spec.units[l - 1]})", f"({layer.units},)"
        if layer.members > 1:
            shape_b = f"({layer.members}, {layer.units})"
        count = sum(slot.stop - slot.start for slot in spec.slots if slot.layer == l)
        rows.append(
            (str(l), str(layer.units), name, shape_W, shape_b if layer.bias else "–", str(count))
        )
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    layers = "1 layer" if spec.depth == 1 else f"{spec.depth} layers"
    lines.append(
        f"{layers} (input not counted), {spec.parameter_count} parameters, loss {loss_name(spec)}"
    )
    return "\n".join(lines)


def activation_name(layer: Dense) -> str:
    """Name the activation of a layer; those of the heads, joined by a bar, where there are several.

    Examples
    --------
    >>> activation_name(Dense(2, "tanh"))
    'tanh'
    """
    if isinstance(layer.activation, JointActivation):
        return " | ".join(head.activation.name for head in layer.activation.heads)
    return layer.activation.name


def loss_name(spec: Specification) -> str:
    """Name the loss; those of the heads, joined by a bar, where there are several.

    Examples
    --------
    >>> loss_name(Specification(1, (Dense(1, "exp"),), "poisson"))
    'poisson'
    """
    return " | ".join(head.loss.name for head in spec.heads)


def extras(layer: Dense) -> list[str]:
    """List what a layer has beside its activation.

    Examples
    --------
    >>> extras(Dense(2, "tanh", batch_norm=True, frozen=True))
    ['batch norm', 'frozen']
    """
    parts = ["batch norm"] if layer.batch_norm else []
    parts += ["residual"] if layer.residual else []
    parts += [f"{layer.members} members"] if layer.members > 1 else []
    parts += ["κ"] if layer.kappa is not None else []
    parts += [f"dropout {layer.dropout:g}"] if layer.dropout else []
    parts += ["frozen"] if layer.frozen else []
    if layer.connections is not None:
        count, weights = len(layer.connections.inputs), layer.connections.count
        parts += [f"{count} block{'s' if count > 1 else ''} of {weights:,} weights"]
    own = layer.multipliers
    factors = {"rate": own.rate, "bias rate": own.bias_rate, "decay": own.decay}
    factors["κ rate"] = own.kappa_rate
    parts += [f"{name} × {factor:.3g}" for name, factor in factors.items() if factor != 1]
    return parts
