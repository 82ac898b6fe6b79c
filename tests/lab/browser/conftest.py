"""A lab to visit and a browser to visit it with: Debian's chromium, by Playwright."""

import shutil
from contextlib import suppress

import pytest

from tests.lab.browser.visits import PATIENCE, Visit


def chromium():
    """Where the browser lies; tests are skipped where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no chromium here: apt install chromium")
    return found


@pytest.fixture(scope="module")
def browser():
    """Start a browser for the tests of one file: Playwright's loop must not outlive them."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright here: pip install playwright"
    )
    path = chromium()
    with playwright.sync_playwright() as library:
        started = library.chromium.launch(
            executable_path=path, args=["--no-sandbox"], timeout=PATIENCE
        )
        yield started
        with suppress(playwright.Error):
            started.close()


@pytest.fixture
def lab():
    """A lab's server on a free port, in a thread of its own."""
    pytest.importorskip("starlette", reason="no starlette here: pip install glassnet[lab]")
    from glassnet.lab.server import LabServer

    server = LabServer(log=lambda *_, **__: None)
    server.begin()
    yield server
    server.stop()


@pytest.fixture
def visit(browser, lab, slow):
    """The first visit to a lab; whatever the page did wrong is an error at its end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    if slow is not None:
        context.on("page", slow.page)
    visit = Visit(context.new_page(), lab)
    visit.open()
    yield visit
    context.close()

    assert visit.faults == []
