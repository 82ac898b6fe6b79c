"""Manners: no serious fault that axe-core finds, nothing wider than the window, keys."""

import pytest

SIZES = [(360, 780), (1280, 900), (3840, 2160)]


def audit(page):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="no axe-core here: pip install axe-playwright-python",
    )
    found = axe.Axe().run(page).response["violations"]
    return {
        each["id"]: [node["html"][:120] for node in each["nodes"]]
        for each in found
        if each["impact"] in ("serious", "critical")
    }


@pytest.mark.parametrize(
    ("scheme", "size"),
    [("light", SIZES[1]), ("dark", SIZES[1]), ("light", SIZES[0]), ("dark", SIZES[2])],
)
def test_axe_finds_no_serious_fault(visit, scheme, size):
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    visit.page.get_by_test_id("stage").wait_for()
    visit.page.locator("[data-cell='W[1]:0,1']").click()
    visit.page.get_by_test_id("derivative").wait_for()

    assert audit(visit.page) == {}


@pytest.mark.parametrize("name", ["Lessons", "Take away", "Keys and signs"])
def test_axe_finds_no_serious_fault_in_a_drawer(visit, name):
    visit.press(name)
    visit.page.get_by_role("dialog").wait_for()

    assert audit(visit.page) == {}


@pytest.mark.parametrize(("width", "height"), SIZES, ids=str)
def test_nothing_is_wider_than_the_window(visit, width, height):
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.page.get_by_test_id("stage").wait_for()
    visit.page.locator("[data-cell='W[1]:0,1']").click()
    visit.page.get_by_test_id("derivative").wait_for()

    assert visit.page.evaluate("document.documentElement.scrollWidth") == width


def test_keys_play_step_and_restart(visit):
    press = visit.page.keyboard.press
    press("s")
    visit.wait("() => document.querySelector('[data-testid=step]').textContent === '1'")
    press("e")
    visit.wait("() => document.querySelector('[data-testid=epoch]').textContent === '1'")
    press(" ")
    visit.page.get_by_role("button", name="Pause", exact=True).wait_for()
    press(" ")
    visit.page.get_by_role("button", name="Play", exact=True).wait_for()
    press("r")
    visit.wait("() => document.querySelector('[data-testid=step]').textContent === '0'")
    press("?")
    visit.page.get_by_role("dialog", name="Keys and signs").wait_for()
    press("Escape")
    visit.page.get_by_role("dialog").wait_for(state="detached")


def test_every_control_is_reached_by_tab_in_the_order_of_the_page(visit):
    visit.page.get_by_test_id("stage").wait_for()
    names = []
    for _ in range(8):
        visit.page.keyboard.press("Tab")
        names.append(visit.page.evaluate("document.activeElement.textContent.trim().slice(0, 20)"))

    assert names[0] == "Skip to the network"
    assert names[2:5] == ["Play", "Step", "Epoch"]
