"""How Sphinx builds the pages: MyST Markdown, numpydoc docstrings, the PyData theme."""

from importlib.metadata import version as installed_version

project = "glassnet"
author = "glassnet developers"
copyright = "2026, glassnet developers"
version = release = installed_version("glassnet")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

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
