"""What the page gives away: code that repeats the history, a file, figures as SVG and PNG."""

import json
import os
import subprocess
import sys
from pathlib import Path

import glassnet as gn

SOURCE = Path(gn.__file__).parents[1]


def test_the_code_on_the_page_gives_the_same_history_bit_for_bit(visit, tmp_path):
    visit.press("Epoch")
    visit.wait("() => document.querySelector('[data-testid=epoch]').textContent === '1'")
    visit.press("Epoch")
    visit.wait("() => document.querySelector('[data-testid=epoch]').textContent === '2'")
    visit.press("Take away")
    code = visit.page.locator("[data-take=Python]")
    code.get_by_text("gn.train").wait_for()
    script = tmp_path / "experiment.py"
    told = "\nimport json\nprint(json.dumps([epoch['J'] for epoch in epochs]))\n"
    script.write_text(code.inner_text() + told, encoding="utf-8")

    said = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )

    losses = json.loads(said.stdout.splitlines()[-1])
    assert losses == visit.run().lane.record.column("J")
    assert len(losses) == 2


def test_until_the_server_answers_the_drawer_says_that_it_is_asked(visit):
    with visit.unanswered("**/take/*"):
        visit.press("Take away")
        visit.page.get_by_text("The server is asked for it").nth(1).wait_for()
        assert visit.page.locator("[data-take=Python]").count() == 0
        assert visit.page.get_by_role("button", name="Copy: Python").is_disabled()

    visit.page.locator("[data-take=Python]", has_text="gn.train").wait_for()
    visit.page.locator("[data-take='Command line']", has_text="glassnet fit").wait_for()
    visit.at_rest()


def test_what_is_not_answered_can_be_asked_for_again(visit):
    visit.page.route("**/take/*", lambda route: route.abort())
    visit.press("Take away")
    visit.page.get_by_text("The server does not answer.").wait_for()
    visit.page.unroute("**/take/*")
    visit.press("Ask again")

    visit.page.locator("[data-take=Python]", has_text="gn.train").wait_for()


def test_the_network_comes_as_a_model_file(visit, tmp_path):
    visit.press("Epoch")
    visit.press("Take away")
    with visit.page.expect_download() as expected:
        visit.page.get_by_role("link", name="The network (.glassnet)").click()
    path = tmp_path / "m.glassnet"
    expected.value.save_as(path)

    assert gn.load(path).units == (2, 16, 16, 1)


def test_a_figure_is_saved_as_svg_and_as_png(visit, tmp_path):
    found = {}
    for kind in ("SVG", "PNG"):
        with visit.page.expect_download() as expected:
            visit.page.get_by_role("button", name=f"Save “Decision” as {kind}").click()
        path = tmp_path / expected.value.suggested_filename
        expected.value.save_as(path)
        found[path.name] = path.read_bytes()

    assert found["glassnet-output.svg"].startswith(b"<svg xmlns=")
    assert b'href="data:image/png' in found["glassnet-output.svg"]
    assert found["glassnet-output.png"].startswith(b"\x89PNG")
