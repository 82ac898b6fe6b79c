"""What glassnet's own constructor says to a program, written with its names and not clipped."""

from __future__ import annotations

from bench.doctor import words
from bench.doctor.cases import Recipe
from bench.doctor.loss_words import own_name, understood
from glassnet.doctor.findings import Finding
from glassnet.errors import InvalidValue, OutsideDomain
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification


def refusal(recipe: Recipe) -> Finding | None:
    """The cause and the remedy that the error names; None where it takes the program.

    A refusal without a remedy does not count.
    """
    last = recipe.network["layers"][-1]
    word, units = last.get("act", last.get("activation")), int(last["units"])
    loss = own_name(
        understood(str(recipe.training["loss"]), str(recipe.training.get("loss_words", "")))
    )
    if loss is None:
        return None
    phi = words.activation(word, units)
    single = getattr(phi, "name", "") == "one_unit_softmax"
    try:
        Specification(recipe.inputs, (Dense(units, "softmax" if single else phi),), loss)
    except InvalidValue as error:
        if "Use " not in str(error):
            return None
        alone = units == 1 and not isinstance(error, OutsideDomain)
        code = "SOFTMAX_ONE" if single else "LABEL_CODE" if alone else "LOSS_PAIR"
        return Finding(code, str(error), "", "", {}, severity="fatal", confidence=1.0)
    return None
