# Each target works on a fresh clone: it makes .venv, installs the tested versions, and does its job.
# PYTHON=/path/to/python chooses the interpreter; LAB="--no-browser --port 9000" hands options to `make lab`.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PEERS := $(VENV)/peers

PYTEST := $(BIN)/python -m pytest
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg

.PHONY: help lab test check check-rest lint coverage slow notebooks bench doctor
.DEFAULT_GOAL := help

help:
	@echo "make lab        open JupyterLab on your copy of the course, my-course/"
	@echo "make test       units, docstring examples, notebooks, one browser test (minutes)"
	@echo "make check      make test, and then lint, kernel coverage and the slow tests"
	@echo "make notebooks  build notebooks/, exercises/ and solutions/ from sources/"
	@echo "make bench      time the library against its peers"
	@echo "make lint       ruff"
	@echo "make doctor     look for what is wrong with this computer"

lab: $(READY)
	@$(BIN)/recsys-lessons lab $(LAB)

test: $(READY)
	$(PYTEST) -n auto --dist loadscope $(NBVAL) tests recsys_lessons notebooks solutions

check: test check-rest

# What `make check` does beyond `make test`.
check-rest: lint coverage slow

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Compiled lines are invisible to a tracer, so they are counted with the compiler off; and then, with the compiler on,
# the lines that write machine code for it.
coverage: $(READY)
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -q tests/kernels
	$(BIN)/coverage run --append -m pytest -q tests/kernels/test_lanes.py tests/kernels/test_compiling.py
	$(BIN)/coverage report --fail-under=95

slow: $(READY)
	$(PYTEST) -n 2 --dist loadscope -m slow tests

notebooks: $(READY)
	$(BIN)/python sources/build.py

bench: $(READY) $(PEERS)
	$(BIN)/python -m benchmarks

doctor: $(READY)
	@$(BIN)/recsys-lessons doctor

# An environment made with a tested Python if there is one, else with any that is new enough.
$(READY): pyproject.toml constraints.txt
	@if ! $(BIN)/python -c '' 2>/dev/null; then \
	    usable() { "$$1" -c "import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= $$2)" 2>/dev/null; }; \
	    chosen=; \
	    for newest in '(3, 13)' '(3, 99)'; do \
	        for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	            if [ -z "$$chosen" ] && usable "$$candidate" "$$newest"; then chosen=$$candidate; fi; \
	        done; \
	    done; \
	    if [ -z "$$chosen" ]; then \
	        echo "No usable Python found among: $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python)." >&2; \
	        echo "Python 3.11 or newer with venv is needed (on Debian and Ubuntu: apt install python3-venv)." >&2; \
	        echo "If it is somewhere else: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; \
	        exit 1; \
	    fi; \
	    echo "Making $(VENV) with $$("$$chosen" --version)"; \
	    "$$chosen" -m venv --clear $(VENV); \
	fi
	@echo "Installing the tested versions into $(VENV) (once, a few minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[lab,test]'
	@touch $@

# A peer that cannot be built here is left out; the benchmark says which one is missing.
$(PEERS): $(READY)
	@for peer in implicit rectools-lightfm scikit-surprise; do \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $$peer \
	        || echo "$$peer could not be installed; the benchmark goes on without it"; \
	done
	@touch $@
