"""Draw the picture of each cause from the example on its page; the pages' build calls it.

By hand: ``python docs/images/make_causes.py FOLDER``. The first block of Python on a page is
run, and the first diagnosis in it that found something is drawn.
"""

import doctest
import re
import sys
from pathlib import Path

import glassnet as gn
from glassnet.report import evidence
from glassnet.report.look import look

PAGES = Path(__file__).parent.parent / "causes"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def diagnosed(text):
    """The diagnoses that a page's first example makes."""
    (found, *_), seen, diagnose = BLOCK.findall(text), [], gn.diagnose

    def kept(*given, **options):
        seen.append(diagnose(*given, **options))
        return seen[-1]

    gn.diagnose = kept
    try:
        test = doctest.DocTestParser().get_doctest(found, {}, "page", None, 0)
        doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None)
    finally:
        gn.diagnose = diagnose
    return seen


def make(folder):
    """Write a PNG for each page that has a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in sorted(PAGES.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if "{image}" not in text:
            continue
        ill = next(each for each in diagnosed(text) if each.findings)
        with look():
            evidence(ill).figure.savefig(folder / f"{page.stem}.png", dpi=150)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
