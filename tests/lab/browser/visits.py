"""What a visitor does on the page, by clicks and keys, and what they read there."""

import re
import threading
from contextlib import contextmanager

PATIENCE = 300_000  # milliseconds: a shared machine may be slow, and a wait ends as soon as it can


class Visit:
    """One page at one lab. ``faults`` holds errors of the page and requests to elsewhere."""

    def __init__(self, page, lab):
        self.page, self.lab, self.faults = page, lab, []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._said)
        page.on("request", self._asked)

    def _said(self, message):
        expected = "Failed to load resource"  # a refusal, which the page tells the visitor
        if message.type == "error" and expected not in message.text:
            self.faults.append(message.text)

    def _asked(self, request):
        if not request.url.startswith((self.lab.address, "data:", "blob:")):
            self.faults.append(f"asked {request.url}")

    def open(self, address=None):
        """Open the page and wait for the first frame."""
        self.page.goto(address or self.lab.url)
        self.page.wait_for_selector("#microscope")
        self.wait("() => /\\d/.test(document.querySelector('[data-testid=loss]')?.textContent)")

    def wait(self, condition, argument=None):
        """Wait until JavaScript holds."""
        self.page.wait_for_function(condition, arg=argument, timeout=PATIENCE)

    def press(self, name):
        """Press the button of that name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def choose(self, section, label, option):
        """Choose from the list of that label, in the section of that heading."""
        place = self.page.get_by_role("region", name=section)
        place.get_by_label(label, exact=True).select_option(option)

    def at_rest(self):
        """Wait until nothing is awaited of the server, and every formula is set."""
        self.wait(
            "() => !document.querySelector('[aria-busy=true]') &&"
            " [...document.querySelectorAll('.tex')].every((each) => each.querySelector('.katex'))"
        )

    @contextmanager
    def unanswered(self, *addresses, page=None):
        """What is asked of these addresses waits until this is over."""
        page, waiting, over = page or self.page, [], threading.Event()

        def held(route):
            if over.is_set():
                route.continue_()
            else:
                waiting.append(route)

        for address in addresses:
            page.route(address, held)
        yield
        over.set()
        for each in waiting:
            each.continue_()

    def reading(self, name):
        """A number out of the bar."""
        text = self.page.get_by_test_id(name).inner_text()
        return float(re.sub(r"[^\d.eE+-]", "", text.replace("−", "-")))

    def run(self):
        """The run on the server that this page watches."""
        name = self.page.evaluate("sessionStorage.getItem('glassnet-lab-run')")
        return self.lab.lab.hub.find(name)

    def until_it_shows(self, run):
        """Wait until the page shows the step at which a run stands."""
        step = run.asked(lambda: run.lane.now)
        self.wait(
            "step => document.querySelector('[data-testid=step]').textContent === step",
            f"{step:,}",
        )

    def pause(self):
        """Stand still, and wait until it is so."""
        self.press("Pause")
        self.page.get_by_role("button", name="Play", exact=True).wait_for()
