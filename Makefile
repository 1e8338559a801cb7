# `make` alone prints every target with the text after its ##.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The first Python that is new enough; if there is none, setup.py prints what is missing.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; \
	done; echo python3)
SETUP ?= $(PYTHON) deploy/dev/local/setup.py
VENV := .venv/bin/python
CODE := shared services gateway renderer deploy tests
ARGS ?=
CORES := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# `auto` is more than one worker per core, because tests of processes mostly wait (tests/conftest.py).
PYTEST_WORKERS ?= auto
# Compiled modules are kept whatever the caller's environment says: each worker would compile them all again.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(VENV) -m pytest -n $(PYTEST_WORKERS)
# Runs targets in parallel, without another set-up.
PARALLEL = $(MAKE) --no-print-directory -j$(CORES) -k SETUP=:
# The same without mixing their output, if this make supports that: nothing of a target is seen before it ends.
SIDE_BY_SIDE = $(PARALLEL) $(if $(filter output-sync,$(.FEATURES)),-Otarget)
STATIC := types arch lint fmt-check

.PHONY: help setup setup-run run check test whole unit stress static fmt fmt-check lint types arch lock release golden sheet docs docs-site page-pictures bench load profile chaos prewarm warm rebuild-index chart chart-live images compose-test migrate gateway renderer clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Create .venv with everything needed to run and test
	@$(SETUP) test

setup-run:
	@$(SETUP) run

run: setup-run ## Run the whole stack: PORT, GATEWAYS, RENDERERS, DATA_DIR and the services' own variables
	@exec $(VENV) -m deploy.dev.local

check: setup ## Check a change in two minutes: format, lint, types, import rules and the unit ring of tests
	@$(SIDE_BY_SIDE) $(STATIC) unit

# The checks of types keep one core busy for a minute, and the tests need not wait for them.
test: setup ## Check everything as CI does, with real stores and processes; ARGS selects tests
	@$(PARALLEL) whole $(STATIC)

whole: setup
	$(if $(ARGS),,PYTEST_PLUGINS=tests.coverage_gate )MAKEFLAGS= $(PYTEST) $(ARGS)

unit: setup
	@$(PYTEST) -q -m "not stack and not stress" $(ARGS)

stress: setup ## Run the tests at full size, which `make test` plays small: a thousand titles, 20,000 guesses, timings
	$(PYTEST) -m stress $(ARGS)

static: setup
	@$(SIDE_BY_SIDE) $(STATIC)

fmt: setup ## Format the code
	$(VENV) -m ruff format $(CODE)
	$(VENV) -m ruff check --fix $(CODE)

fmt-check: setup ## Check the format
	@$(VENV) -m ruff format --check $(CODE)

lint: setup ## Check the code with ruff
	@$(VENV) -m ruff check $(CODE)

types: setup ## Check the types with mypy
	@$(VENV) -m mypy $(CODE)

arch: setup ## Check the import rules
	@$(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

lock: setup ## Write deploy/locks from pyproject.toml; ARGS="--upgrade-package NAME" raises a version
	@$(VENV) -m deploy.dev.lock $(ARGS)

page-pictures: setup ## Take the pictures of pages in docs/pictures, of a running `make run`: URL=http://127.0.0.1:3000
	@$(VENV) -m deploy.dev.page_pictures $(or $(URL),http://127.0.0.1:3000)

docs-site: setup ## Build the manual as a static site in .local/docs-site; a broken link fails
	@$(VENV) -m deploy.dev.docs_site.build

release: setup-run ## Set a new version everywhere: VERSION=x.y.z (docs/releasing.md)
	@.venv/bin/uv venv -q --clear --python $(VENV) .local/release
	@.venv/bin/uv pip install -q --python .local/release --require-hashes -r deploy/locks/release.lock
	@.local/release/bin/bump-my-version bump --new-version $(or $(VERSION),$(error usage: make release VERSION=x.y.z))

golden: setup ## Redraw the golden pictures; look at every one that changed
	GOLDEN=write $(VENV) -m pytest tests/renderer/drawing/test_golden.py tests/renderer/drawing/freehand/test_golden_designs.py $(ARGS)

sheet: setup-run ## Draw the contact sheet: a picture per option, on one page
	@exec $(VENV) -m deploy.dev.sheet $(ARGS)

docs: setup ## Write the generated parts of documents: parameters, with their pictures, configuration, the chart's values
	@exec $(VENV) -m deploy.dev.documents

bench: setup ## Benchmark against the bare libraries and write deploy/dev/bench/RESULTS.md
	@exec $(VENV) -m deploy.dev.bench.bench $(ARGS)

load: setup ## Load-test redirects, hits, cold pictures and a mix with 1 and 2 renderers: the rows of the bench that do
	@exec $(VENV) -m deploy.dev.bench.bench fopqt $(ARGS)

profile: setup ## Write a flame graph under load to .local: ARGS=cold, hit or redirect
	@exec $(VENV) -m deploy.dev.bench.profile $(ARGS)

chaos: setup-run ## Stop and restart each part of a stack under load, and count what callers get
	@exec $(VENV) -m deploy.dev.chaos $(ARGS)

RUN_ENV := $(or $(DATA_DIR),.local)/run.env

prewarm: setup-run ## Draw titles in advance with the stack of `make run`: ARGS="ids.txt --pace 5"
	@exec $(VENV) -m deploy.dev.local.within $(RUN_ENV) REDIS_URL renderer.cli prewarm $(ARGS)

warm: prewarm

rebuild-index: setup-run ## Restore the index of pictures from S3 alone; ARGS="--prune"
	@exec $(VENV) -m deploy.dev.local.within $(RUN_ENV) S3_BUCKET renderer.cli rebuild-index $(ARGS)

chart: setup ## Write the chart's table of values into its README and test the chart with Helm
	@$(VENV) -m deploy.dev.documents chart
	@$(VENV) -m pytest -q tests/deploy/dev/chart $(ARGS)

chart-live: setup ## Test the chart on a real Kubernetes API server, which Go builds here the first time; ARGS="-k keda" selects
	@deploy/dev/chart/build_kubernetes.sh $(CURDIR)/.local/tools/kubernetes
	$(VENV) -m pytest -m stress -rs -n0 tests/deploy/dev/chart/test_live.py $(ARGS)

images: ## Build both images with docker, podman or buildah: ENGINE chooses, REGISTRY begins their names, ARGS goes to the engine
	@ENGINE=$(ENGINE) REGISTRY=$(REGISTRY) exec deploy/image/build.sh $(ARGS)

compose-test: setup ## Start the compose file with docker compose or podman-compose and test what answers
	$(VENV) -m pytest -m stress -rs -n0 tests/deploy/test_compose_live.py $(ARGS)

migrate: setup-run ## Migrate the database at DATABASE_URL to this version
	@exec $(VENV) -m shared.stores.migrate

gateway: setup-run ## Run one gateway in the current environment
	@exec $(VENV) -m gateway

renderer: setup-run ## Run one renderer in the current environment
	@exec $(VENV) -m renderer

clean: ## Remove .venv, the data of `make run` and every cache
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
