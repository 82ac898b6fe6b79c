"""How Sphinx builds the pages: MyST Markdown, numpydoc docstrings, the PyData theme."""

import re
import runpy
from importlib.metadata import version as installed_version
from pathlib import Path

project = "glassnet"
author = "glassnet developers"
copyright = "2026, glassnet developers"
version = release = installed_version("glassnet")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "_made"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstring gives types together with shapes and ranges
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "pydata_sphinx_theme"
html_title = f"glassnet {release}"
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False}
html_show_sourcelink = False


def keep_equations(app, what, name, obj, options, lines):
    """Show the first paragraph of a docstring as it is written: |z| and a * b mean what they say.

    To reStructuredText they are a substitution and the beginning of an emphasis, ``coefs_`` a link.
    """
    markup = re.compile(r"(`+).*?\1|([|*]|_(?!\w))")  # literals stay, what group 2 finds is escaped
    for number, line in enumerate(lines):
        if not line.strip():
            break
        lines[number] = markup.sub(lambda found: "\\" * bool(found[2]) + found[0], line)


def leave_out_requests(app, what, name, obj, skip, options):
    """Leave out ``set_fit_request`` and its kin, whose text links to scikit-learn's own pages."""
    return True if re.fullmatch(r"set_\w+_request", name) else None


def make_pictures(app):
    """Draw the figures of the pages as the library draws them today, and run the gallery."""
    made = Path(app.srcdir) / "_made"
    places = {"make_figures.py": made, "make_gallery.py": made, "make_causes.py": made / "causes"}
    for name, folder in places.items():
        script = runpy.run_path(str(Path(app.srcdir) / "images" / name))
        script["make"](folder)


def setup(app):
    """Connect the above."""
    app.connect("builder-inited", make_pictures)
    app.connect("autodoc-process-docstring", keep_equations)
    app.connect("autodoc-skip-member", leave_out_requests)
