"""Inline SVG stands in a page without disturbing it, and follows the page's colours."""

import re
import xml.etree.ElementTree as ET
from importlib.resources import files

import pytest
from matplotlib.figure import Figure

from glassnet import report
from glassnet.report.svg import VARIABLES, inline_svg


@pytest.fixture(scope="module")
def svg(kind, drawn):
    return inline_svg(drawn(kind), name="f1", label="a figure")


def test_it_is_well_formed_and_refers_to_nothing_outside(svg):
    ET.fromstring(svg)

    assert "http" not in svg
    assert "<script" not in svg
    assert "<style" not in svg
    assert "<!--" not in svg


def test_every_reference_inside_leads_to_one_element(svg):
    ids = re.findall(r'\bid="([^"]+)"', svg)
    wanted = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)

    assert len(ids) == len(set(ids))
    assert all(name.startswith("f1-") for name in ids)
    assert {one or other for one, other in wanted} <= set(ids)


def test_colours_of_the_look_are_left_to_the_page(svg):
    styles = " ".join(re.findall(r'style="([^"]*)"', svg)).lower()

    assert not any(colour in styles for colour in VARIABLES)
    assert "var(--ink)" in styles


@pytest.mark.parametrize("variable", sorted(VARIABLES.values()))
def test_the_page_sets_every_colour_for_light_dark_and_print(variable):
    style = (files("glassnet.report") / "page.css").read_text(encoding="utf-8")

    assert style.count(f"{variable}:") == 3


def test_light_colours_of_the_page_are_those_of_the_look():
    style = (files("glassnet.report") / "page.css").read_text(encoding="utf-8")
    light = style[: style.index("@media")]

    for colour, variable in VARIABLES.items():
        assert f"{variable}: {colour};" in light


def test_text_stays_text_with_its_signs_escaped():
    figure = report.confusion_matrix(["<b>&", "--><i>"], ["<b>&", "<b>&"])

    svg = inline_svg(figure, name="f1", label='"<&')
    texts = [element.text for element in ET.fromstring(svg).iter("text")]
    assert "<b>&" in texts
    assert "--><i>" in texts
    assert "<b>" not in svg
    assert ET.fromstring(svg).get("aria-label") == '"<&'


def test_the_same_figure_gives_the_same_text():
    first, second = (report.ActivationDisplay("relu").plot().figure_ for _ in range(2))

    assert inline_svg(first, name="a", label="") == inline_svg(second, name="a", label="")


def test_a_figure_of_very_many_lines_becomes_pixels():
    figure = Figure(figsize=(3, 2))
    ax = figure.subplots()
    for k in range(1200):
        ax.plot(range(60), [(k * j) % 7 for j in range(60)])

    svg = inline_svg(figure, name="f1", label="many")
    assert svg.count("<image") == 1
    assert svg.startswith('<svg viewBox="0 0 216 144"')
    assert len(svg) < 600_000
    ET.fromstring(svg)
