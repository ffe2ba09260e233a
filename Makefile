# make only calls the command line underneath; `python -m pipelines --help` does the same without it.

PREF ?= 00
RAW ?= data_raw
OUT ?= data_out
MAPS ?=
DISTANCE ?= road
DATE ?=
LEVEL ?=
SETTINGS ?=
MIRROR ?=
ONLY ?=
DRY_RUN ?=
FORCE ?=
QUIET ?=
DEBUG ?=
REF ?=
PREFS ?=
SCHEDULER ?=
WORKERS ?=
MEMORY ?=
PYTHON ?= python3
JOBS ?= auto
VENV ?= .venv

BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed

.DEFAULT_GOAL := help

.PHONY: help coverage japan fetch sources validate test lint types check install lock bench fuzz mutate cover test-newest test-lowest verify doctor clean

help: ## this list
	@echo "make coverage                  run the demo prefecture (synthetic data)"
	@echo "make coverage PREF=16          run a prefecture from data_raw/ (16, 富山, 富山県, Toyama)"
	@echo "make japan                     every prefecture with raw data, and the country (docs/japan.md)"
	@echo "make fetch PREF=16             bring the open data that run uses into data_raw/"
	@echo "make sources PREF=16           which data sets are there, which are missing"
	@echo "make test                      run the tests"
	@echo ""
	@echo "options of coverage:"
	@echo "  RAW=folder       input data (default data_raw): RAW/16/ and national files at its top"
	@echo "  OUT=folder       results (default data_out); MAPS=folder (default maps, or OUT/maps)"
	@echo "  DISTANCE=straight  straight-line figures alone, no roads needed"
	@echo "  DATE=2026-10-07  service date for trips per day    LEVEL=500m  mesh level"
	@echo "  SETTINGS=file    TOML laid over the shipped settings"
	@echo "  WORKERS=1        processes (default: by cores and memory; results are the same)"
	@echo "  FORCE=1 compute all again   QUIET=1 summary only   DEBUG=1 show tracebacks"
	@echo ""
	@echo "options of japan: as of coverage, and"
	@echo "  PREFS=\"16 17 18\"  these alone    MEMORY=4GB  of each process on this machine"
	@echo "  SCHEDULER=tcp://host:8786  an existing Dask cluster    REF=file.csv  published figures"
	@echo ""
	@echo "options of fetch, sources: RAW=, DATE=, LEVEL=, SETTINGS= as above, and"
	@echo "  MIRROR=url-or-folder  where https://host/path is at MIRROR/host/path"
	@echo "  ONLY=n03,osm     these data sets alone    DRY_RUN=1  say what would be fetched"
	@echo ""
	@echo "make validate REF=file.csv     what has been run beside published figures (CSV, XLSX or a folder)"
	@echo "make bench                     speed against other libraries, half an hour (docs/performance.md)"
	@echo "make verify PREF=16            are the results as the run wrote them (hashes in run.json)"
	@echo "make doctor                    is all there that is needed; what to paste into a bug report"
	@echo "make fuzz SECONDS=10           odd bytes for every reader, seconds for each (docs/reliability.md)"
	@echo "others: install, lint, types, check (lint + types + test), cover, mutate, test-lowest, test-newest, lock, clean"

coverage: $(INSTALLED) ## tables, 交通空白 shapefiles and an offline map of one prefecture
	@$(BIN)/python -m pipelines coverage --pref "$(PREF)" --raw "$(RAW)" --out "$(OUT)" \
	  --distance "$(DISTANCE)" \
	  $(if $(MAPS),--maps "$(MAPS)") $(if $(DATE),--date "$(DATE)") \
	  $(if $(LEVEL),--level "$(LEVEL)") $(if $(SETTINGS),--settings "$(SETTINGS)") \
	  $(if $(WORKERS),--workers "$(WORKERS)") \
	  $(if $(FORCE),--force) $(if $(QUIET),--quiet) $(if $(DEBUG),--debug)

japan: $(INSTALLED) ## every prefecture whose raw data is there, and the national tables and map
	@$(BIN)/python -m pipelines japan $(if $(PREFS),--prefs "$(PREFS)") --raw "$(RAW)" --out "$(OUT)" \
	  --distance "$(DISTANCE)" \
	  $(if $(MAPS),--maps "$(MAPS)") $(if $(DATE),--date "$(DATE)") \
	  $(if $(LEVEL),--level "$(LEVEL)") $(if $(SETTINGS),--settings "$(SETTINGS)") \
	  $(if $(SCHEDULER),--scheduler "$(SCHEDULER)") $(if $(WORKERS),--workers "$(WORKERS)") \
	  $(if $(MEMORY),--memory "$(MEMORY)") $(if $(REF),--ref "$(REF)") \
	  $(if $(FORCE),--force) $(if $(QUIET),--quiet) $(if $(DEBUG),--debug)

fetch: $(INSTALLED) ## the open data of one prefecture, from the publishers or a mirror
	@$(BIN)/python -m pipelines fetch $(FETCHED) \
	  $(if $(MIRROR),--mirror "$(MIRROR)") $(if $(DRY_RUN),--dry-run) \
	  $(if $(FORCE),--force) $(if $(QUIET),--quiet)

sources: $(INSTALLED) ## a table of that data: there or missing, edition, size, licence, address
	@$(BIN)/python -m pipelines sources $(FETCHED)

FETCHED = --pref "$(PREF)" --raw "$(RAW)" $(if $(DATE),--date "$(DATE)") \
  $(if $(LEVEL),--level "$(LEVEL)") $(if $(SETTINGS),--settings "$(SETTINGS)") \
  $(if $(ONLY),--only "$(ONLY)") $(if $(DEBUG),--debug)

validate: $(INSTALLED) ## results beside published figures
	@$(BIN)/python -m pipelines validate --out "$(OUT)" --ref "$(REF)"

verify: $(INSTALLED) ## results are as the run wrote them
	@$(BIN)/python -m pipelines verify "$(OUT)/$(PREF)" $(if $(MAPS),--maps "$(MAPS)")

doctor: $(INSTALLED) ## what to paste into a bug report
	@$(BIN)/python -m pipelines doctor --out "$(OUT)"

test: $(INSTALLED) ## all tests; needs no network
	$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 4 --dist loadfile $(ARGS)

cover: $(INSTALLED) ## lines and branches of the core that its tests run (docs/reliability.md)
	@$(BIN)/python .ci/cover.py $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

check: lint types test

install: $(INSTALLED)

# The lock pins every dependency with its hashes; the project itself is linked, not copied.
# --no-deps: the lock is complete, and older pips (23.x, as shipped with Python 3.11) otherwise refuse
# a locked package that another asks for with an extra as soon as a newer version is published.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	@echo "Installing into $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip check --disable-pip-version-check >/dev/null
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $(INSTALLED)

# Needs uv; the lock carries hashes for every platform and no index URLs.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --extra dev pyproject.toml -o requirements.lock

# Makes another environment see the libraries of the one that is named.
BESIDE = 'import sys; from pathlib import Path; p = "lib/python{}.{}/site-packages".format(*sys.version_info); Path(sys.prefix, p, "locked.pth").write_text(f"import site; site.addsitedir({str(Path(sys.argv[1]).resolve() / p)!r})\n")'

FUZZED = .venv-fuzz/.installed
SECONDS ?= 10
SEED ?=

fuzz: $(FUZZED) ## give every reader odd bytes for SECONDS each (docs/reliability.md)
	@.venv-fuzz/bin/python -m fuzz.run --seconds "$(SECONDS)" $(if $(SEED),--seed "$(SEED)") $(TARGET)

# atheris alone; the locked libraries are those of $(VENV), seen from here.
$(FUZZED): $(INSTALLED) requirements-fuzz.txt
	@$(PYTHON) -m venv .venv-fuzz
	@.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-fuzz.txt 2>/dev/null || true
	@.venv-fuzz/bin/python -c $(BESIDE) "$(VENV)"
	@touch $(FUZZED)

# Needs uv. The newest and the lowest versions that pyproject.toml allows, beside the locked ones.
test-newest: RESOLUTION = highest
test-lowest: RESOLUTION = lowest-direct
test-newest test-lowest: ## the tests with the newest, or the lowest, versions allowed
	@uv venv --quiet --allow-existing --python $(PYTHON) .venv-$@
	@uv pip compile --quiet --no-header --resolution $(RESOLUTION) --extra dev pyproject.toml -o .venv-$@/versions.txt
	@uv pip sync --quiet --python .venv-$@/bin/python .venv-$@/versions.txt
	@uv pip install --quiet --python .venv-$@/bin/python --no-deps --no-build-isolation -e .
	@.venv-$@/bin/python -m pytest $(ARGS)

MODULE ?= coverage_gis/coverage/covered.py
TESTS ?=

mutate: $(INSTALLED) ## small changes to MODULE, one at a time: which does no test notice?
	@$(PYTHON) -m venv .venv-mutate
	@.venv-mutate/bin/python -m pip install --quiet --disable-pip-version-check "cosmic-ray>=8.4"
	@.venv-mutate/bin/python -c $(BESIDE) "$(VENV)"
	@.venv-mutate/bin/python .ci/mutate.py "$(MODULE)" $(TESTS)

BENCHED = .venv-bench/.installed

bench: $(BENCHED) ## measure against peers, in an environment of their own
	@.venv-bench/bin/python benchmarks/bench.py $(ARGS)

# The package's own libraries first, at the locked versions; then the peers, one by one if they
# cannot be had together: one that cannot be installed is reported in the tables.
$(BENCHED): requirements.lock requirements-bench.txt pyproject.toml
	@echo "Installing the peers into .venv-bench (once, a few minutes) ..."
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt || \
	  grep -v '^#' requirements-bench.txt | while read -r peer; do \
	    .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check "$$peer" || echo "$$peer cannot be installed"; \
	  done
	@touch $(BENCHED)

clean: ## remove the environment and caches; data and results stay
	rm -rf $(VENV) .venv-bench .venv-fuzz .venv-mutate .venv-test-newest .venv-test-lowest .venv-uv .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
