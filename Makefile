# make only calls the command line underneath; `python -m pipelines --help` does the same without it.

PREF ?= 00
RAW ?= data_raw
OUT ?= data_out
MAPS ?=
DISTANCE ?= road
DATE ?=
LEVEL ?=
SETTINGS ?=
FORCE ?=
QUIET ?=
DEBUG ?=
PYTHON ?= python3
VENV ?= .venv

BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed

.DEFAULT_GOAL := help

.PHONY: help coverage test lint types check install lock clean

help: ## this list
	@echo "make coverage                  run the demo prefecture (synthetic data)"
	@echo "make coverage PREF=16          run a prefecture from data_raw/ (16, 富山, 富山県, Toyama)"
	@echo "make test                      run the tests"
	@echo ""
	@echo "options of coverage:"
	@echo "  RAW=folder       input data (default data_raw): RAW/16/ and national files at its top"
	@echo "  OUT=folder       results (default data_out); MAPS=folder (default maps, or OUT/maps)"
	@echo "  DISTANCE=straight  straight-line figures alone, no roads needed"
	@echo "  DATE=2026-10-07  service date for trips per day    LEVEL=500m  mesh level"
	@echo "  SETTINGS=file    TOML laid over the shipped settings"
	@echo "  FORCE=1 compute all again   QUIET=1 summary only   DEBUG=1 show tracebacks"
	@echo ""
	@echo "others: install, lint, types, check (lint + types + test), lock, clean"

coverage: $(INSTALLED) ## tables, 交通空白 shapefiles and an offline map of one prefecture
	@$(BIN)/python -m pipelines coverage --pref "$(PREF)" --raw "$(RAW)" --out "$(OUT)" \
	  --distance "$(DISTANCE)" \
	  $(if $(MAPS),--maps "$(MAPS)") $(if $(DATE),--date "$(DATE)") \
	  $(if $(LEVEL),--level "$(LEVEL)") $(if $(SETTINGS),--settings "$(SETTINGS)") \
	  $(if $(FORCE),--force) $(if $(QUIET),--quiet) $(if $(DEBUG),--debug)

test: $(INSTALLED) ## all tests; needs no network
	$(BIN)/python -m pytest $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

check: lint types test

install: $(INSTALLED)

# The lock pins every dependency with its hashes; the project itself is linked, not copied.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	@echo "Installing into $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $(INSTALLED)

# Needs uv; the lock carries hashes for every platform and no index URLs.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --extra dev pyproject.toml -o requirements.lock

clean: ## remove the environment and caches; data and results stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
