# `make demo` and `make test` need Python 3.11 or later and a network the first time; everything else
# is set up in .venv. The other questions are the sessions of noxfile.py, run in that .venv.

PYTHON ?= python3
VENV ?= .venv

export PATH := $(abspath $(VENV))/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := $(VENV)/bin/python -m pip --no-input
ASK := $(VENV)/bin/nox --no-venv --no-install -s

.DEFAULT_GOAL := help
.PHONY: help demo test long lint format types native arm doctest examples docs bench clean

help:
	@echo 'make demo       train on real data that comes with it; results in demo/'
	@echo 'make test       run the tests'
	@echo 'make long       run the tests that take minutes'
	@echo 'make lint       layout, spelling, imports        make format    repair the layout'
	@echo 'make types      annotations                      make doctest   examples in the texts'
	@echo 'make native     C++ tests under sanitizers       make arm       C++ tests, emulated'
	@echo 'make examples   scripts in examples/             make docs      pages in docs/_build'
	@echo 'make bench      accuracy and speed               make clean     remove what make made'

demo: $(VENV)/.base
	$(VENV)/bin/glassnet demo
	@echo 'first:  . $(VENV)/bin/activate     (puts the glassnet command on the path)'

test: $(VENV)/.test
	$(ASK) tests

long: $(VENV)/.test
	$(ASK) full

lint types native arm doctest examples: $(VENV)/.test
	$(ASK) $@

bench: $(VENV)/.bench
	$(ASK) $@

docs: $(VENV)/.docs
	$(ASK) $@

format: $(VENV)/.test
	ruff check --fix
	ruff format
	clang-format -i native/*.?pp native/tests/*.?pp

clean:
	rm -rf $(VENV) demo docs/_build build dist .hypothesis .import_linter_cache .nox .pytest_cache .ruff_cache

# An environment with one extra installed is marked by a file, renewed when pyproject.toml or the
# native engine changes.
NATIVE := CMakeLists.txt $(wildcard native/*.?pp)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'glassnet needs Python 3.11 or later; $(PYTHON) is' \
	    "$$($(PYTHON) --version 2>&1). Name another: make PYTHON=/path/to/python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '$(PYTHON) cannot make virtual environments: its venv module is missing.' \
	    'On Debian and Ubuntu: apt install python3-venv'; exit 1; }
	@echo 'Making $(VENV)'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml $(NATIVE) | $(VENV)/bin/python
	@echo 'Installing glassnet into $(VENV): a minute or two the first time'
	@$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.test $(VENV)/.bench $(VENV)/.docs: $(VENV)/.%: pyproject.toml $(NATIVE) | $(VENV)/bin/python
	@echo 'Installing glassnet with the extra "$*" into $(VENV): a minute or two the first time'
	@$(PIP) install --quiet --editable '.[$(EXTRA)$*]'
	@touch $@ $(VENV)/.base

$(VENV)/.bench $(VENV)/.docs: EXTRA := test,
