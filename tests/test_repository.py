"""The manners of the tree: what goes where, and what every public name owes its reader."""

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import glassnet

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "glassnet"
MODULES = sorted(PACKAGE.rglob("*.py"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PUBLIC = sorted(getattr(glassnet, "__all__", []))
CLASSES = [name for name in PUBLIC if inspect.isclass(getattr(glassnet, name))]
FUNCTIONS = [name for name in PUBLIC if inspect.isfunction(getattr(glassnet, name))]

# Files of more than 350 lines, each with the reason why it is one idea all the same.
DEFENDED: dict[str, str] = {}

FOLDERS_OF_TEXT = (".ci", "bench", "changelog.d", "docs", "examples", "src", "tests")
ENDINGS_OF_TEXT = {".cff", ".css", ".html", ".j2", ".json", ".md", ".py", ".toml", ".txt", ".yaml"}


def shown(path):
    return path.relative_to(ROOT).as_posix()


def texts():
    """Files that people read: those at the root and in the folders of text, built ones left out."""
    inside = (path for folder in FOLDERS_OF_TEXT for path in (ROOT / folder).rglob("*"))
    names = {"Makefile", "LICENSE", "run"}
    for path in [*ROOT.iterdir(), *inside]:
        built = {"_build", "__pycache__"} & set(path.parts)
        if path.is_file() and not built and (path.suffix in ENDINGS_OF_TEXT or path.name in names):
            yield path


def imported_libraries(path):
    """Names of the top-level packages that the file imports, at its head or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


LIBRARIES = {name for path in MODULES for name in imported_libraries(path)} - {
    "glassnet",
    *sys.stdlib_module_names,
}


def test_imports_keep_the_contracts():
    """In a process of its own: run in this one, it once closed the output of the tests."""
    lint = "import importlinter.cli as cli; raise SystemExit(cli.lint_imports(no_cache=True))"

    done = subprocess.run(
        [sys.executable, "-c", lint],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_contributors_are_shown_every_room_in_the_order_of_the_imports():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = re.search(r"```text\n(errors.*?)```", text, re.DOTALL).group(1).split("→")
    layers = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

    assert [set(re.findall(r"\w+", each)) for each in drawn] == [
        set(re.findall(r"\w+", each)) for each in reversed(layers) if "__main__" not in each
    ]
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == rooms


def test_every_library_has_a_home_in_a_contract():
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    named = {library for contract in contracts for library in contract.get("forbidden_modules", [])}

    assert LIBRARIES - named <= {"numpy"}


def test_every_library_is_declared_as_a_dependency():
    declared = {canonicalize_name(Requirement(line).name) for line in requires("glassnet")}
    installed = packages_distributions()
    undeclared = {
        library
        for library in LIBRARIES
        if not {canonicalize_name(name) for name in installed.get(library, [library])} & declared
    }

    assert undeclared == set()


def test_a_file_holds_one_idea():
    long = {shown(path) for path in MODULES if len(path.read_text("utf-8").splitlines()) > 350}

    assert long == set(DEFENDED)


def test_no_file_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}

    assert [shown(path) for path in texts() if path.stem.strip("_") in drawers] == []


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.name == "__init__.py"], ids=shown
)
def test_an_init_file_holds_names_and_no_code(path):
    def only_names(node):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        listed = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {
            "__all__",
            "__version__",
            "(__getattr__, __dir__, __all__)",
        }
        return docstring or listed or isinstance(node, ast.Import | ast.ImportFrom)

    body = ast.parse(path.read_text(encoding="utf-8")).body

    assert [ast.unparse(node) for node in body if not only_names(node)] == []


def test_the_package_loads_what_is_asked_for_and_nothing_else():
    script = "import sys, glassnet; print(*[n for n in sys.modules if n.startswith('glassnet')])"

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert said.stdout.split() == ["glassnet"]


def test_every_public_name_is_where_the_stub_says_it_is():
    assert [name for name in PUBLIC if getattr(glassnet, name, None) is None] == []


def test_the_list_of_public_names_repeats_nothing():
    assert len(PUBLIC) == len(set(PUBLIC))


@pytest.mark.parametrize("name", [*CLASSES, *FUNCTIONS])
def test_every_public_name_is_explained_with_an_example(name):
    assert "Examples\n" in (inspect.getdoc(getattr(glassnet, name)) or "")


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_method_is_explained_by_itself_or_its_interface(name):
    thing = getattr(glassnet, name)
    silent = [
        method
        for method, value in vars(thing).items()
        if not method.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, property))
        and not inspect.getdoc(getattr(thing, method))
    ]

    assert silent == []


def test_the_version_is_the_same_everywhere():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, flags=re.MULTILINE)
    citation = re.search(
        r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert newest is not None
    assert citation is not None

    assert {
        "package": glassnet.__version__,
        "installed": version("glassnet"),
        "changelog": newest[1],
        "citation": citation[1],
    } == dict.fromkeys(
        ("package", "installed", "changelog", "citation"), PYPROJECT["project"]["version"]
    )


def test_extras_for_users_are_all_in_all():
    extras = PYPROJECT["project"]["optional-dependencies"]
    (everything,) = extras["all"]

    assert Requirement(everything).extras == set(extras) - {
        "all",
        "torch",
        "scale",
        "ray",
        "bench",
        "peers",
        "test",
        "docs",
    }


def test_no_text_mentions_a_path_of_one_machine():
    homes = re.compile(r"(?<![\w.])/(?:work|root|home|Users|opt|mnt)/\w")

    lines = {
        f"{shown(path)}:{number}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if homes.search(line)
    }

    assert lines == set()


def test_fragments_of_the_changelog_are_named_for_area_and_kind():
    name = re.compile(r"[a-z0-9-]+\.(added|changed|fixed|removed)\.md")
    fragments = [path.name for path in (ROOT / "changelog.d").iterdir()]

    assert [each for each in fragments if each != "README.md" and not name.fullmatch(each)] == []


def test_links_between_the_pages_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")

    broken = {
        f"{shown(page)} -> {target}"
        for page in pages
        for target in link.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    }

    assert broken == set()


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.name != "__main__.py"], ids=shown
)
def test_every_module_says_what_it_is(path):
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    name = ".".join(part for part in parts if part != "__init__")

    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        pytest.skip("torch is not installed: pip install torch")

    assert module.__doc__
