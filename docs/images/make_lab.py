"""Pictures of the lab: every view at three widths, light and dark.

python docs/images/make_lab.py                 the pictures of the docs, into docs/images/lab
python docs/images/make_lab.py --all FOLDER    every view, width and scheme, to look at
python docs/images/make_lab.py --from FOLDER   the pictures of the docs, out of such a folder
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from glassnet.lab.server import LabServer

HERE = Path(__file__).parent / "lab"
SIZES = {360: 780, 1280: 900, 3840: 2160}
KEPT = (
    "overview-1280-light",
    "microscope-1280-light",
    "fork-1280-dark",
    "doctor-1280-light",
    "lesson-1280-dark",
    "overview-360-light",
    "overview-360-dark",
    "overview-3840-dark",
)
WIDEST = 1600
STEP = (
    "() => Number(document.querySelector('[data-testid=step]').textContent.replaceAll(',', '')) > "
)


class Tour:
    """A page that is led through the views, and pictures of what it shows."""

    def __init__(self, page, folder, name):
        self.page, self.folder, self.name = page, folder, name

    def button(self, name):
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def trained(self, steps):
        """Train so long, and stand."""
        self.button("Play")
        self.page.wait_for_function(STEP + str(steps))
        self.button("Pause")
        self.page.get_by_role("button", name="Play", exact=True).wait_for()
        self.page.wait_for_timeout(700)

    def shot(self, view, locator=None):
        """Take a picture of the window, or of one part of the page."""
        path = self.folder / f"{view}-{self.name}.png"
        self.page.wait_for_timeout(300)
        (locator or self.page).screenshot(path=path)
        Image.open(path).convert("RGB").quantize(192, dither=Image.Dither.NONE).save(
            path, optimize=True
        )

    def whole(self, view, parts=None):
        """Take a picture of the whole page, at its top, and of parts of it."""
        width = self.page.viewport_size["width"]
        height = self.page.evaluate("document.documentElement.scrollHeight")
        before = self.page.viewport_size
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate("scrollTo(0, 0)")
        self.page.wait_for_timeout(600)
        self.shot(view)
        for name, selector in (parts or {}).items():
            self.shot(name, self.page.locator(selector))
        self.page.set_viewport_size(before)

    def overview(self):
        """The page after some training, with a weight under the microscope."""
        self.trained(3000)
        self.shot("overview")
        self.page.locator("[data-stage=backward-2-delta]").click()
        self.page.wait_for_timeout(300)
        self.page.locator("[data-stage=backward-2-dW]").click()
        self.page.locator("[data-cell='dW[2]:1,2']").click()
        self.page.get_by_test_id("derivative").wait_for()
        self.page.wait_for_timeout(500)
        self.whole("whole", {"microscope": "#microscope"})

    def drawers(self):
        """Lessons, what can be taken away, keys."""
        for name, view in (
            ("Lessons", "lessons"),
            ("Take away", "take"),
            ("Keys and signs", "keys"),
        ):
            self.button(name)
            self.page.wait_for_timeout(500)
            self.shot(view)
            self.page.keyboard.press("Escape")

    def lesson(self):
        """The first lesson, set up and trained: twins, and the doctor's finding."""
        self.button("Lessons")
        self.page.locator("dialog li button").first.click()
        self.page.wait_for_timeout(400)
        self.shot("lesson")
        self.button("Set it up")
        self.page.wait_for_timeout(800)
        self.trained(2000)
        self.whole("lesson-set-up")
        finding = self.page.locator("[data-cause]").first
        finding.get_by_role("button", name="Prove it").click()
        self.page.get_by_test_id("proof").wait_for()
        self.page.wait_for_timeout(600)
        self.shot("doctor", self.page.get_by_role("region", name="Doctor"))

    def fork(self):
        """Two runs side by side."""
        self.button("Run both side by side")
        self.page.wait_for_timeout(600)
        self.trained(1200)
        self.page.evaluate("scrollTo(0, 0)")
        self.whole("fork")
        self.button("End the fork")

    def sets(self):
        """Several classes, and a curve over one input."""
        for name in ("iris", "sine"):
            place = self.page.get_by_role("region", name="Data")
            place.get_by_label("Set", exact=True).select_option(name)
            self.page.wait_for_timeout(1200)
            self.trained(1500)
            self.page.evaluate("scrollTo(0, 0)")
            self.whole(name)


def kept(folder):
    """Copy the pictures that the docs show, none wider than it is read."""
    HERE.mkdir(exist_ok=True)
    for name in KEPT:
        picture = Image.open(folder / f"{name}.png").convert("RGB")
        if picture.width > WIDEST:
            picture = picture.resize((WIDEST, WIDEST * picture.height // picture.width))
        picture.quantize(192, dither=Image.Dither.NONE).save(HERE / f"{name}.png", optimize=True)


def led(browser, width, scheme, folder):
    """Lead one page through the tour."""
    server = LabServer(log=lambda *_, **__: None)
    server.begin()
    context = browser.new_context(
        viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme
    )
    page = context.new_page()
    page.goto(server.url)
    page.locator("#microscope").scroll_into_view_if_needed()  # it opens once it is in sight
    page.get_by_test_id("stage").wait_for()
    page.evaluate("scrollTo(0, 0)")
    tour = Tour(page, folder, f"{width}-{scheme}")
    tour.overview()
    tour.drawers()
    tour.fork()
    tour.sets()
    tour.lesson()
    context.close()
    server.stop()


def toured(folder, widths):
    """Every view at these widths, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as library:
        browser = library.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for width in widths:
            for scheme in ("light", "dark"):
                led(browser, width, scheme, folder)
        browser.close()


def main():
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    parser.add_argument("--from", type=Path, metavar="FOLDER", dest="source")
    parser.add_argument("--width", type=int, action="append", choices=list(SIZES))
    asked = parser.parse_args()
    if asked.all:
        toured(asked.all, asked.width or SIZES)
    elif asked.source:
        kept(asked.source)
    else:
        with tempfile.TemporaryDirectory() as folder:
            toured(Path(folder), SIZES)
            kept(Path(folder))


if __name__ == "__main__":
    main()
