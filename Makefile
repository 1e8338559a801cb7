# Every target is documented by the words behind its ##; `make` alone prints them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The first Python that is new enough; setup.py says what is missing when none is.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; \
	done; echo python3)
SETUP ?= $(PYTHON) deploy/dev/local/setup.py
VENV := .venv/bin/python
CODE := shared services gateway renderer deploy tests
ARGS ?=

.PHONY: help setup setup-run run test check fmt fmt-check lint types arch golden sheet bench load chaos warm rebuild-index chart migrate gateway renderer clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Make .venv with everything that running and testing needs
	@$(SETUP) test

setup-run:
	@$(SETUP) run

run: setup-run ## Run the whole stack: PORT, GATEWAYS, RENDERERS, DATA_DIR and the services' own variables
	@exec $(VENV) -m deploy.dev.local

test: fmt-check lint types arch ## Check everything as CI does; ARGS goes to pytest
	$(VENV) -m pytest $(ARGS)

check: test ## The same by its other name

fmt: setup ## Write the code in the one format
	$(VENV) -m ruff format $(CODE)
	$(VENV) -m ruff check --fix $(CODE)

fmt-check: setup ## Tell whether the code is in the one format
	$(VENV) -m ruff format --check $(CODE)

lint: setup ## Check the code with ruff
	$(VENV) -m ruff check $(CODE)

types: setup ## Check the types with mypy
	$(VENV) -m mypy $(CODE)

arch: setup ## Check who may import whom
	$(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

golden: setup ## Draw the golden pictures anew; look at every one that changed
	GOLDEN=write $(VENV) -m pytest tests/renderer/drawing/test_golden.py $(ARGS)

sheet: setup-run ## Draw the contact sheet: a picture per option, on one page
	@exec $(VENV) -m deploy.dev.sheet $(ARGS)

bench: setup ## Measure against the bare parts and write deploy/dev/bench/RESULTS.md
	@exec $(VENV) -m deploy.dev.bench.bench $(ARGS)

load: setup ## Play redirects, hits, cold pictures and a mix with 1 and 2 renderers and write deploy/dev/bench/MIX.md
	@exec $(VENV) -m deploy.dev.bench.mix $(ARGS)

chaos: setup-run ## Take each part of a stack away under load and give it back, and count what callers meet
	@exec $(VENV) -m deploy.dev.chaos $(ARGS)

warm: setup-run ## Have titles drawn beforehand by what `make run` runs: ARGS="ids.txt --pace 5"
	@exec $(VENV) -m deploy.warm --env $(or $(DATA_DIR),.local)/run.env $(ARGS)

rebuild-index: setup-run ## Restore the index of pictures from S3 alone, in the environment as it is; ARGS="--prune"
	@exec $(VENV) -m deploy.rebuild --env $(or $(DATA_DIR),.local)/run.env $(ARGS)

chart: setup ## Write what the chart copies and generates, then check it: lint, every option, schemas, rules, tests
	@$(VENV) -m deploy.dev.chart
	@$(VENV) -m pytest -q tests/deploy/dev/chart $(ARGS)

migrate: setup-run ## Bring the database at DATABASE_URL up to this version
	@exec $(VENV) -m shared.stores.migrate

gateway: setup-run ## Run one gateway with the environment as it is
	@exec $(VENV) -m gateway

renderer: setup-run ## Run one renderer with the environment as it is
	@exec $(VENV) -m renderer

clean: ## Remove .venv, the data of `make run` and every cache
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
