"""What a visitor of the lab waits for: first paint, a trained spiral, frames a second, bytes.

    python bench/lab/browser.py --json bench/results/lab_browser.json

With Debian's chromium without a screen, on loopback; the page, the server and the browser share the
machine's cores.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import shutil
import time
from importlib.resources import files
from os import cpu_count
from pathlib import Path

from playwright.sync_api import sync_playwright

from glassnet.lab.server import LabServer

SECONDS = 5
FRAMES = """seconds => new Promise(done => {
  let count = 0;
  let longest = 0;
  let last = performance.now();
  const begin = last;
  const next = now => {
    count += 1;
    longest = Math.max(longest, now - last);
    last = now;
    if (now - begin > 1000 * seconds) done([count / seconds, longest]);
    else requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""
SHOWN = """() => new Promise(done => {
  const read = () => document.querySelector('[data-testid=step]').textContent;
  let seen = read();
  let count = 0;
  const begin = performance.now();
  const next = now => {
    const text = read();
    if (text !== seen) [seen, count] = [text, count + 1];
    if (now - begin > 3000) done(count / 3);
    else requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
TRAINED = "() => parseFloat(document.querySelector('[data-testid=metric]').textContent) >= 98"


def visited(browser, server):
    """One first visit: seconds and frames."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    begin = time.perf_counter()
    page.goto(server.url)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(TRAINED)
    trained = time.perf_counter() - begin
    frames, longest = page.evaluate(FRAMES, SECONDS)
    pressed = time.perf_counter()
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    found = {
        "first_paint_ms": page.evaluate(PAINT),
        "spiral_seconds": trained,
        "frames_per_second": frames,
        "longest_frame_ms": longest,
        "pause_ms": 1000 * (time.perf_counter() - pressed),
    }
    page.get_by_role("button", name="Play", exact=True).click()
    found["new_frames_per_second"] = page.evaluate(SHOWN)
    context.close()
    return found


def bytes_of_scripts():
    """Of JavaScript, as it is and gzipped."""
    paths = list((files("glassnet.lab") / "page" / "assets").iterdir())
    bodies = [path.read_bytes() for path in paths if path.name.endswith(".js")]
    return {
        "javascript": sum(map(len, bodies)),
        "javascript_gzipped": sum(len(gzip.compress(body)) for body in bodies),
    }


def main():
    """Visit three times, and write down the medians and all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--visits", type=int, default=3)
    asked = parser.parse_args()
    visits = []
    with sync_playwright() as library:
        browser = library.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        version = browser.version
        for _ in range(asked.visits):
            server = LabServer(log=lambda *_, **__: None)
            server.begin()
            visits.append(visited(browser, server))
            server.stop()
        browser.close()
    middle = {name: sorted(each[name] for each in visits)[len(visits) // 2] for name in visits[0]}
    told = {
        "machine": {"system": platform.platform(), "cores": cpu_count(), "chromium": version},
        "median": middle,
        "visits": visits,
        **bytes_of_scripts(),
    }
    print(json.dumps(told, indent=2))
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
