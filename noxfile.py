"""One session for each question that can be asked of the tree.

``nox -s tests`` answers in an environment of its own; ``make test`` asks the same session to run in
``.venv``. What follows ``--`` goes to the tool: ``nox -s tests -- tests/network -k tanh``.
"""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests", "doctest", "examples", "docs"]

PYTORCH = "torch==2.13.0"  # as in the extra "bench"

# Several test processes share the cores: a BLAS that starts a thread per core in each only waits.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


@nox.session
def lint(session):
    """Is it laid out, spelled and imported as agreed?"""
    session.install("-e", ".[test]")
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")
    session.run("clang-format", "--dry-run", "--Werror", *_native_sources())
    session.run("codespell")
    session.run("lint-imports", "--no-logo", "--no-cache")


@nox.session
def types(session):
    """Do the annotations of src hold?"""
    session.install("-e", ".[test]")
    session.run("pyright", "--pythonpath", _python(session))
    _compare_stub(session)


@nox.session
def tests(session):
    """Do the tests pass?  Minutes at most."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", *(session.posargs or ["-n", "2"]), env=ONE_THREAD)


@nox.session
def full(session):
    """Do the long tests pass: full products of variants, kill and resume, acceptance data?"""
    session.install("-e", ".[test]")
    arguments = session.posargs or ["-n", "2"]
    session.run("python", "-m", "pytest", "-m", "long", *arguments, env=ONE_THREAD)


@nox.session
def native(session):
    """Do the C++ tests pass, and do the sanitizers find nothing?"""
    if not any(shutil.which(name) for name in ("c++", "g++", "clang++")):
        session.skip("there is no C++ compiler")
    session.install("cmake", "ninja")
    for sanitizer in ("address,undefined", "thread"):
        tests = _cpp_tests(session, sanitizer.split(",")[0], f"-DGLASSNET_SANITIZE={sanitizer}")
        session.run(tests, external=True)


@nox.session
def arm(session):
    """Do the C++ tests pass on ARM64?  Compiled across and emulated."""
    compiler, emulator = "aarch64-linux-gnu-g++", "qemu-aarch64"
    for name in (compiler, emulator):
        if not shutil.which(name):
            session.skip(f"there is no {name}: apt install g++-aarch64-linux-gnu qemu-user")
    session.install("cmake", "ninja")
    system = ["-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64"]
    static = "-DCMAKE_EXE_LINKER_FLAGS=-static"  # the emulator needs no libraries of that system
    tests = _cpp_tests(session, "arm", *system, static, f"-DCMAKE_CXX_COMPILER={compiler}")
    session.run(emulator, tests, external=True)


@nox.session
def doctest(session):
    """Do the examples in docstrings and pages run, and print what they say?"""
    session.install("-e", ".[test]")
    places = ["src", "docs", "README.md", "CONTRIBUTING.md"]
    session.run("python", "-m", "pytest", "--doctest-modules", *places, env=ONE_THREAD)


@nox.session
def examples(session):
    """Does every script in examples/ run and find its own result right?"""
    session.install("-e", ".[test]")
    for script in _scripts(session, "examples"):
        session.run("python", script, "--quick", env=ONE_THREAD)


@nox.session
def parity(session):
    """Do the engines agree, in every case and every quantity?"""
    session.install("-e", ".[test]")
    arguments = session.posargs or ["-n", "2"]
    session.run(
        "python", "-m", "pytest", "tests/parity", "-m", "long or not long", *arguments,
        env=ONE_THREAD,
    )  # fmt: skip


@nox.session
def bench(session):
    """How accurate and how fast is it on the fixed cases?  Written down, never asserted."""
    # First: it is the largest, and what else is installed must fit it.
    session.install(PYTORCH)
    session.install("-e", ".[bench]")
    session.run("glassnet", "bench", *(session.posargs or ["--json", "bench/results/speed.json"]))
    if not session.posargs:
        for script in _scripts(session, "bench/speed") + _scripts(session, "bench/accuracy"):
            session.run("python", script)


@nox.session
def docs(session):
    """Do the pages build without a warning?"""
    session.install("-e", ".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build")


def _compare_stub(session):
    """Is `_native.pyi` what nanobind says of the compiled module?"""
    find = "from importlib.util import find_spec; print(find_spec('glassnet._native') is not None)"
    if session.run("python", "-c", find, silent=True).strip() != "True":
        session.log("the native engine was not built here: its stub is not compared")
        return
    made = Path(session.create_tmp(), "_native.pyi")
    session.run("python", "-m", "nanobind.stubgen", "-q", "-m", "glassnet._native", "-o", made)
    if made.read_text("utf-8") != Path("src/glassnet/_native.pyi").read_text("utf-8"):
        session.error(f"src/glassnet/_native.pyi is out of date: cp {made} src/glassnet/")


def _native_sources():
    return sorted(str(path) for path in Path("native").rglob("*.?pp"))


def _python(session):
    """The interpreter of the session: in its environment, or the one that `make` put first."""
    return session.run("python", "-c", "import sys; print(sys.executable)", silent=True).strip()


def _cpp_tests(session, name, *options):
    """Build native/tests in a folder of its own; return the program."""
    folder = f"build/{name}"
    session.run("cmake", "-G", "Ninja", "-B", folder, "-DGLASSNET_CPP_TESTS=ON", *options)
    session.run("cmake", "--build", folder)
    return f"{folder}/cpp_tests"


def _scripts(session, folder):
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(Path(folder).glob("*.py"))}
    scripts = [str(path) for path, text in texts.items() if "__main__" in text]
    if not scripts:
        session.skip(f"there is no script in {folder}/")
    return scripts
