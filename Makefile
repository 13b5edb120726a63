# Two commands on a fresh machine: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXPORTS := .venv-exports
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet

.PHONY: demo test check check-exports bench setup clean

demo: $(VENV)/installed
	$(BIN)/akademos demo

test: $(VENV)/installed-dev
	@PYTHON=$(BIN)/python sh tools/system-packages.sh
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/akademos events check

# What the catalogue exports, read by OpenLineage's and DataHub's own libraries.
check-exports: $(VENV)/installed-dev $(EXPORTS)/installed
	AKADEMOS_LINEAGE_PYTHON=$(abspath $(EXPORTS))/bin/python $(BIN)/python -m pytest -n 0 -q tests/catalogue/test_metadata_export.py

bench: $(VENV)/installed-dev
	$(BIN)/akademos bench all

setup: $(VENV)/installed-dev
	@PYTHON=$(BIN)/python sh tools/system-packages.sh

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: set PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8

$(VENV)/installed: requirements.lock pyproject.toml | $(BIN)/uv
	$(UV) --require-hashes -r requirements.lock
	$(UV) --no-deps -e .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock pyproject.toml | $(BIN)/uv
	$(UV) --require-hashes -r requirements-dev.lock
	$(UV) --no-deps -e .
	@touch $@ $(VENV)/installed

$(EXPORTS)/installed: requirements-exports.lock | $(BIN)/uv
	$(PYTHON) -m venv $(EXPORTS)
	VIRTUAL_ENV=$(EXPORTS) $(BIN)/uv pip install --no-config --quiet --require-hashes -r $<
	@touch $@

clean:
	rm -rf $(VENV) $(EXPORTS) .mypy_cache .ruff_cache .pytest_cache .hypothesis
