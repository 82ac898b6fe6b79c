"""The Python file beside the numbers: the module's parts, and the classes torch does not have."""

from __future__ import annotations

import inspect
from importlib.metadata import version
from pprint import pformat

from torch import nn

from glassnet.export.torch import modules
from glassnet.export.torch.building import Built

# What the file must hold where PyTorch has no such module.
_OWN: list[type[nn.Module]] = [
    own for own in vars(modules).values() if getattr(own, "__module__", "") == modules.__name__
]

_HEAD = '''\
"""A network {sizes}, written by glassnet {version}: model() makes it."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
'''
_END = '''\
def model() -> nn.Sequential:
    """The network with its weights, in prediction."""
    made = nn.Sequential(
{parts}
    )
    made.load_state_dict(load_file(Path(__file__).with_name("model.safetensors")))
    return made.eval()
'''


def python_text(made: Built) -> str:
    """``model.py``."""
    sizes = "-".join(str(n) for n in made.network.units)
    pieces = [_HEAD.format(sizes=sizes, version=version("glassnet")) + "\n" + _facts(made)]
    everything = " ".join(made.texts)
    pieces += [inspect.getsource(own) for own in _OWN if f"{own.__name__}(" in everything]
    parts = "\n".join(f"        {text}," for text in made.texts)
    return "\n\n".join([*pieces, _END.format(parts=parts)])


def _facts(made: Built) -> str:
    """Names of the columns and of the classes, as Python."""
    found = made.found
    columns = list(found.names if found.rules is None else found.encoder.feature_names)
    facts = f"COLUMNS = {pformat(columns, width=90, compact=True)}\n"
    if found.answer.of_classes:
        facts += f"CLASSES = {pformat(list(found.answer.classes), width=90, compact=True)}\n"
    return facts
