"""Manners: no serious fault that axe-core finds, nothing wider than the window, keys."""

import pytest

SIZES = [(360, 780), (1280, 900), (3840, 2160)]


def audit(page, leave_out=None):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="no axe-core here: pip install axe-playwright-python",
    )
    context = None if leave_out is None else {"exclude": [[leave_out]]}
    found = axe.Axe().run(page, context, {"resultTypes": ["violations"]}).response["violations"]
    return {
        each["id"]: [node["html"][:120] for node in each["nodes"]]
        for each in found
        if each["impact"] in ("serious", "critical")
    }


def with_everything_open(visit):
    visit.page.get_by_test_id("stage").wait_for()
    visit.page.locator("[data-cell='W[1]:0,1']").click()
    visit.page.get_by_test_id("derivative").wait_for()
    visit.at_rest()


def resized(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_either_scheme(visit, scheme):
    visit.page.emulate_media(color_scheme=scheme)
    with_everything_open(visit)

    assert audit(visit.page) == {}


@pytest.mark.parametrize(("scheme", "size"), [("light", SIZES[0]), ("dark", SIZES[2])], ids=str)
def test_axe_finds_no_serious_fault_on_small_and_large_screens(visit, scheme, size):
    """Without the equations, nine elements of ten: they are the same on every screen."""
    visit.page.emulate_media(color_scheme=scheme)
    resized(visit.page, size)
    with_everything_open(visit)

    assert audit(visit.page, leave_out=".katex") == {}


def test_axe_finds_no_serious_fault_while_answers_are_awaited(visit):
    page, found = visit.page.context.new_page(), {}
    with visit.unanswered("**/api/catalogue", page=page):
        page.goto(visit.lab.address)
        page.get_by_text("The lab opens").wait_for()
        found["opening"] = audit(page)
    with visit.unanswered("**/microscope", "**/derive", "**/assets/katex*", page=page):
        page.locator("#microscope").wait_for()
        found["without numbers"] = audit(page)
    page.close()
    with visit.unanswered("**/take/*"):
        visit.press("Take away")
        visit.page.get_by_text("The server is asked for it").first.wait_for()
        found["drawer"] = audit(visit.page, leave_out=".page")

    assert found == {"opening": {}, "without numbers": {}, "drawer": {}}


def test_axe_finds_no_serious_fault_in_a_formula_that_is_not_set_yet(visit):
    page = visit.page.context.new_page()
    with visit.unanswered("**/assets/katex*", "**/derive", page=page):
        resized(page, SIZES[0])
        page.goto(visit.lab.address)
        page.locator("#microscope").scroll_into_view_if_needed()
        page.locator("[data-cell='W[1]:0,1']").click()
        page.get_by_text("Working it out").wait_for()
        found = audit(page)
    page.close()

    assert found == {}


def test_axe_finds_no_serious_fault_in_a_drawer(visit):
    found = {}
    for name in ("Lessons", "Take away", "Keys and signs"):
        visit.press(name)
        visit.page.get_by_role("dialog").wait_for()
        visit.at_rest()
        found[name] = audit(visit.page, leave_out=".page")  # what lies under it has its own test
        visit.page.keyboard.press("Escape")
        visit.page.get_by_role("dialog").wait_for(state="detached")

    assert found == {"Lessons": {}, "Take away": {}, "Keys and signs": {}}


def test_nothing_is_wider_than_the_window(visit):
    with_everything_open(visit)
    found = []
    for size in SIZES:
        resized(visit.page, size)
        visit.wait("width => innerWidth === width", size[0])
        found.append(visit.page.evaluate("document.documentElement.scrollWidth"))

    assert found == [width for width, _ in SIZES]


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
