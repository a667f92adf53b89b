# Everything below needs only make and Python 3.11 to 3.14; the first run downloads the locked
# packages into .venv, later runs need no network. `make help` lists the targets.

VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/made.stamp

# .venv is made with the first interpreter on PATH that fits, or with the one given:
# make clean; make run PYTHON=/path/to/python
PYTHON ?=
PYTHONS := $(if $(PYTHON),"$(PYTHON)",python3.14 python3.13 python3.12 python3.11 python3 python)

# More arguments for the command of run, test, docs or bench: make run ARGS="--dataset calls"
ARGS ?=

# A foreign interpreter's settings would reach into .venv, and without bytecode each command would
# compile this project's modules anew.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run check test test-all test-newest test-lowest test-package test-recipes soak lint bench docs clean lock

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/run.stamp ## Sync new and changed calls (without a token: the demo)
	@$(BIN)/dlt-uis run $(ARGS)

check: lint ## Check what takes no warehouse: lint, then unit tests (a minute)
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not cross" $(ARGS) tests/unit

test: lint ## Check every promise once: lint, then all tests but those of the cross product
	@$(BIN)/python -m pytest -n auto --dist worksteal --durations=15 -m "not cross" $(ARGS)

# Each in turn, also where one fails.
test-all: lint ## Check everything: on each warehouse, newest and lowest packages, recipes, soak (an hour)
	@failed=; \
	$(BIN)/python -m pytest -n auto --dist worksteal --durations=15 || failed="$$failed tests"; \
	for each in test-newest test-lowest test-package test-recipes soak; do \
	    $(MAKE) --no-print-directory $$each || failed="$$failed $$each"; \
	done; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi

# With the packages of users' own machines, not with those that are locked: the unit tests, and a
# sync through real HTTP into DuckDB and Postgres.
define test_with
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	echo "Installing the $(1) packages that are allowed …"; \
	$(BIN)/python -m venv "$$folder/tools"; "$$folder/tools/bin/pip" install --quiet --disable-pip-version-check uv; \
	$(BIN)/python -m venv "$$folder/tested"; \
	"$$folder/tools/bin/uv" pip compile --quiet --no-config --system-certs --no-header $(2) \
	    --all-extras --output-file "$$folder/packages.txt" pyproject.toml; \
	"$$folder/tested/bin/pip" install --quiet --disable-pip-version-check -r "$$folder/packages.txt" -r requirements/build.in; \
	"$$folder/tested/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	"$$folder/tested/bin/python" -m pytest -n auto $(ARGS) tests/unit tests/e2e/test_direct_merge.py
endef

test-newest: $(MADE) ## Run unit tests and syncs with the newest packages that are allowed
	$(call test_with,newest,--resolution highest)

test-lowest: $(MADE) ## Run unit tests and syncs with the lowest packages that are allowed
	$(call test_with,lowest,--resolution lowest-direct)

# The wheel is installed where nothing else is, and the sdist is what it is built from.
test-package: $(MADE) ## Build sdist and wheel, and run the demo with what the wheel installs
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(BIN)/python -m venv "$$folder/tools"; "$$folder/tools/bin/pip" install --quiet --disable-pip-version-check build; \
	"$$folder/tools/bin/python" -m build --outdir "$$folder/dist" >"$$folder/log" 2>&1 || { cat "$$folder/log" >&2; exit 1; }; \
	$(BIN)/python -m venv "$$folder/tested"; "$$folder/tested/bin/pip" install --quiet --disable-pip-version-check "$$folder"/dist/*.whl; \
	cd "$$folder"; tested/bin/dlt-uis init; tested/bin/dlt-uis demo --calls 100 --days 5; ls dist

soak: $(VENV)/dev.stamp ## Play rounds of random disasters on DuckDB and Postgres (up to an hour)
	@$(BIN)/python -m tests.soak $(ARGS)

test-recipes: $(VENV)/dev.stamp ## Run each recipe in pipelines with its real tool (installs Airflow, Dagster)
	@$(BIN)/python -m pytest -n auto --dist loadfile --durations=15 $(ARGS) tests/recipes

lint: $(VENV)/dev.stamp ## Check style and types only
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

bench: $(VENV)/dev.stamp ## Run the benchmarks
	@$(BIN)/python -m tests.benchmarks $(ARGS)

docs: $(VENV)/dev.stamp ## Write the pages about tables, and the README's terminal, anew
	@$(BIN)/python -m tests.docs $(ARGS)

clean: ## Remove .venv, caches and built files; *.duckdb files stay
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	@find pipelines tests -type d -name __pycache__ -prune -exec rm -rf {} +
	@echo "Removed .venv, caches and built files. Warehouses (*.duckdb) were left alone."

lock: $(MADE) ## Lock today's newest packages that fit
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	$(BIN)/python -m venv "$$tools"; "$$tools/bin/pip" install --quiet --disable-pip-version-check uv; \
	compile() { "$$tools/bin/uv" pip compile --quiet --no-config --system-certs --upgrade --universal \
	    --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" "$$@"; }; \
	project="pyproject.toml requirements/build.in"; \
	compile $$project --all-extras --output-file requirements/dev.txt; \
	compile $$project --extra overview --constraints requirements/dev.txt --no-annotate \
	    --output-file requirements/run.txt; \
	compile $$project --extra postgres --extra bigquery --constraints requirements/dev.txt --no-annotate \
	    --output-file requirements/warehouses.txt; \
	for tool in airflow dagster; do \
	    compile pyproject.toml requirements/$$tool.in --extra postgres --constraints requirements/dev.txt \
	        --output-file requirements/$$tool.txt; \
	done; \
	for tool in emulator linters dbt; do \
	    compile requirements/$$tool.in --output-file requirements/$$tool.txt; \
	done; \
	cd requirements; echo "Locked:" *.txt

# What a recipe runs quietly: its output is shown only if it fails.
quietly = log=$$($(1) 2>&1) || { printf '%s\n' "$$log" >&2; exit 1; }

define install
	@echo "Installing the packages of $(1) into $(VENV) …"
	@$(call quietly,$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(1))
	@$(call quietly,$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .)
endef

# dev.txt holds all of run.txt in the same versions: where it is installed, nothing is left to do.
$(VENV)/run.stamp: requirements/run.txt pyproject.toml $(MADE)
	$(call install,requirements/run.txt)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml $(MADE)
	$(call install,requirements/dev.txt)
	@touch $@ $(VENV)/run.stamp

# It holds the checkout's path. Where that was moved, or the interpreter is gone, .venv is made anew.
ifneq ($(shell cat $(MADE) 2>/dev/null && $(BIN)/python -c "" 2>&1),$(CURDIR))
.PHONY: $(MADE)
endif
$(MADE):
	@suits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'; lacking=; \
	for python in $(PYTHONS); do \
	    "$$python" -c "$$suits" >/dev/null 2>&1 || continue; \
	    "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || { lacking=$$python; continue; }; \
	    echo "Making $(VENV) with $$("$$python" --version) …"; \
	    $(call quietly,"$$python" -m venv --clear $(VENV)); \
	    pwd -P >$@; exit 0; \
	done; \
	if [ -n "$$lacking" ]; then \
	    echo "$$lacking has no venv module: install it (on Debian and Ubuntu: apt install python3-venv)." >&2; \
	else \
	    echo "No Python 3.11 to 3.14 found: install one, or name it: make PYTHON=/path/to/python" >&2; \
	fi; exit 1
