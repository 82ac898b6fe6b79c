"""The results in words: lines for a terminal, tables for a page."""

from glassnet.bench.contract import Entry
from glassnet.bench.race import Result
from glassnet.bench.records import missing, records
from glassnet.bench.table import ceiling_lines, lines, markdown

CEILINGS = {1: {"fma": 100e9, "l2": 90e9, "l3": 80e9, "dram": 20e9}}
MACHINE = {"processor": "Abacus", "cores": 2, "instruction_set": "plain"}


def raced():
    own, jax, torch = (Entry(name, 1, "float32") for name in ("glassnet", "JAX", "PyTorch"))
    return Result("W2", {own: [2e-5] * 3, torch: [5e-4] * 3, jax: [5e-5] * 3}, {})


def columns(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_lines_begin_with_the_fastest_and_end_with_the_missing():
    result = raced()
    result.missing[Entry("scikit-learn", 1, "float32")] = "it is not installed."

    found = lines(records(result, {1: 100e9}), missing(result))

    assert [line.split()[0] for line in found] == ["glassnet", "JAX", "PyTorch", "scikit-learn"]
    assert "20 µs" in found[0]
    assert "2.50× over the best peer" in found[0]
    assert found[3].endswith("none: it is not installed.")


def test_every_row_of_a_page_has_a_cell_for_each_column():
    page = markdown(MACHINE, CEILINGS, records(raced(), {1: 100e9}))

    tables = [part.splitlines() for part in page.split("\n\n") if part.startswith("|")]
    assert len(tables) == 2
    for table in tables:
        assert len({len(columns(line)) for line in table}) == 1
    head, _, row = tables[1]
    cells = dict(zip(columns(head), columns(row), strict=True))
    assert cells["glassnet"] == "**20 µs**"
    assert cells["over the best peer"] == "**2.50×**"
    assert cells["JAX"] == "50 µs (2.50×)"


def test_a_page_has_no_table_for_engines_without_glassnet():
    alone = Result("W2", {Entry("JAX", 1, "float32"): [5e-5] * 3})

    assert "JAX" not in markdown(MACHINE, CEILINGS, records(alone, {}))


def test_a_ceiling_that_nothing_here_can_measure_is_named_so():
    without = {1: CEILINGS[1] | {"fma": float("nan")}}

    assert "multiply-add not measured" in ceiling_lines(without)[0]
