"""Run the examples of gallery.md, with ``--quick``: their figures and what they print, in a folder.

By hand: ``python docs/images/make_gallery.py FOLDER``. Each checks its own result, so a page is
never built of a demonstration that fails. The seeds settle every number but the times.
"""

import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from runpy import run_path

EXAMPLES = Path(__file__).parents[2] / "examples"


def make(folder):
    """Write a PNG and a text for each script that can draw itself."""
    folder.mkdir(parents=True, exist_ok=True)
    for script in sorted(EXAMPLES.glob("*.py")):
        if "--figure" in script.read_text(encoding="utf-8"):
            printed = StringIO()
            with redirect_stdout(printed):
                run_path(str(script))["main"](quick=True, figure=folder / f"{script.stem}.png")
            (folder / f"{script.stem}.txt").write_text(printed.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
