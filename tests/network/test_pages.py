"""The tables of docs/activations.md and docs/losses.md against the definitions."""

import re
from dataclasses import fields
from math import inf
from pathlib import Path

import pytest

from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES

DOCS = Path(__file__).parents[2] / "docs"


def rows(page):
    """Cells of the rows of the one table that begins with names in backticks."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| `")
    ]


def row(page, name):
    """The row of a name; a test of its own says that there is one."""
    return next(cells for cells in rows(page) if cells[0].startswith(f"`{name}`"))


def written(end):
    return {-inf: r"-\infty", inf: r"\infty"}.get(end, f"{end:.4g}")


def interval(of):
    left, right = "[" if of.closed_lower else "(", "]" if of.closed_upper else ")"
    return f"${left}{written(of.lower)}, {written(of.upper)}{right}$"


@pytest.mark.parametrize(
    ("page", "registry"), [("activations.md", ACTIVATIONS), ("losses.md", LOSSES)]
)
def test_each_definition_has_exactly_one_row(page, registry):
    names = [re.match(r"`(\w+)`", cells[0])[1] for cells in rows(page)]

    assert sorted(names) == sorted(registry)


@pytest.mark.parametrize(
    ("page", "registry", "name"),
    [("activations.md", ACTIVATIONS, name) for name in sorted(ACTIVATIONS)]
    + [("losses.md", LOSSES, name) for name in sorted(LOSSES)],
)
def test_the_first_cell_gives_every_parameter_with_its_default(page, registry, name):
    parameters = [f"`{field.name}={field.default:g}`" for field in fields(registry[name])]

    assert row(page, name)[0] == ", ".join([f"`{name}`", *parameters])


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_row_of_an_activation_gives_its_range_and_kinks(name):
    phi, cells = ACTIVATIONS[name](), row("activations.md", name)

    assert cells[3] == (r"$(-\alpha, \infty)$" if name == "elu" else interval(phi.range))
    assert cells[4] == (", ".join(f"{kink:g}" for kink in phi.kinks) or "none")


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_the_row_of_a_loss_gives_its_domain_targets_partner_and_kinks(name):
    loss, cells = LOSSES[name](), row("losses.md", name)

    assert cells[3:5] == [interval(loss.domain), interval(loss.targets)]
    assert cells[5].startswith(f"`{loss.partner}`: ")
    kinks = r"$\pm t$" if name == "huber" else ", ".join(f"{kink:g}" for kink in loss.kinks)
    assert cells[6] == (kinks or "none")
