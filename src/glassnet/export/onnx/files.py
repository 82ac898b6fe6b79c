"""A model as an ONNX file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from glassnet.errors import Unsupported
from glassnet.export.source import source
from glassnet.export.writing import write_files


def export_onnx(
    model: Any,
    path: str | os.PathLike[str],
    *,
    dtype: Literal["float32", "float64"] = "float32",
    zipmap: bool = False,
) -> None:
    """Write a model as one ONNX graph: encoding, scaling, network, and labels.

    The input of an estimator or a network is ``X`` (rows, columns) of ``dtype``. A table's model
    has an input (rows, 1) for each column, under its name: numbers and truth values float64 with
    nan for missing, texts with the empty text for missing. Outputs are named as skl2onnx names
    them: ``label`` and ``probabilities``, or ``variable``; those of a plain network ``outputs``,
    or ``outputs_1``, … of several heads. Rows that the model refuses have nan probabilities, and
    their label means nothing. Opset 17, or 20 where a GELU needs it; IR 10.

    Parameters
    ----------
    model : Network, fitted estimator, Pipeline of scalings, or model of a table
    path : path-like
    dtype : {"float32", "float64"}
        What the graph computes in. Scaling is done in float64 in either.
    zipmap : bool
        Probabilities as a list of dictionaries, ``output_probability``, beside ``output_label``.

    Raises
    ------
    InvalidValue
        If the model is not fitted, or a weight is too large for float32.
    Unsupported
        If it has a part that ONNX does not know.
    FileFault
        If the system refuses to write.

    Examples
    --------
    >>> import glassnet as gn
    >>> export_onnx(gn.Network(2, [gn.Dense(1, "logistic")]), "m.onnx")
    >>> import onnx
    >>> [node.op_type for node in onnx.load("m.onnx").graph.node][:3]
    ['Sub', 'ReduceSum', 'Gemm']
    """
    try:
        from glassnet.export.onnx.model import onnx_model
    except ModuleNotFoundError as error:
        raise Unsupported(
            "an ONNX file is written with onnx, which is not installed. "
            'Install it with: pip install "glassnet[onnx]"'
        ) from error
    made = onnx_model(source(model), dtype=dtype, zipmap=zipmap)
    write_files({Path(path): made.SerializeToString(deterministic=True)})
