"""The page that is shipped: made from these sources, light, and loading only what is its own."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "lab-page"
PAGE = ROOT / "src" / "glassnet" / "lab" / "page"
SCRIPTS = sorted(PAGE.glob("assets/*.js"))
SINGLE = (
    ".npmrc",
    "index.html",
    "package-lock.json",
    "package.json",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
)


def test_the_page_was_built_from_the_sources_that_are_here():
    inside = (path for name in ("build", "public", "src") for path in (SOURCES / name).rglob("*"))
    files = {path.relative_to(SOURCES).as_posix() for path in inside if path.is_file()}
    digest = hashlib.sha256()
    for name in sorted({*SINGLE, *files}):
        digest.update(name.encode() + b"\0" + (SOURCES / name).read_bytes() + b"\0")

    assert (PAGE / "built-from.txt").read_text().strip() == digest.hexdigest(), (
        "the page is not of these sources: cd lab-page && npm ci && npm run build"
    )


def test_its_scripts_are_light():
    packed = sum(len(gzip.compress(path.read_bytes())) for path in SCRIPTS)

    assert 0 < packed < 250_000


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name.split("-")[0])
def test_no_script_makes_code_out_of_text(path):
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"\beval\(|new Function\(|\bFunction\(['\"`]", text) == []


def test_the_page_has_no_script_or_style_within_itself():
    text = (PAGE / "index.html").read_text(encoding="utf-8")

    assert re.findall(r"<style|\bstyle=|<script(?![^>]*\bsrc=)|\bon\w+=", text) == []


def test_nothing_is_loaded_from_elsewhere():
    styles = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("assets/*.css"))
    page = (PAGE / "index.html").read_text(encoding="utf-8")

    assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", styles) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page) == []


def test_every_package_of_the_build_is_pinned_without_the_address_of_a_registry():
    text = (SOURCES / "package-lock.json").read_text(encoding="utf-8")

    assert '"integrity"' in text
    assert '"resolved"' not in text
