# Every command of the house. `make` alone lists them. Nothing but python3 and make has to be on the machine.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PORT ?= 8000
UV_VERSION := 0.13.9

# The newest Python from 3.11 on that really runs (a version manager's shim may exist and still refuse to). Lambda's own is 3.13.
PYTHON := $(shell for p in python3.13 python3.14 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
ENV := .frontline
BIN := $(ENV)/bin
UV := $(BIN)/uv
export UV_COMPILE_BYTECODE = 1
export UV_NO_PROGRESS = 1
export UV_SYSTEM_CERTS = 1
export PYTHONDONTWRITEBYTECODE =
FUNCTIONS := articles contributions mail members newsletters pages payments publishing webhooks
DYNAMODB := $(if $(shell command -v java),$(if $(shell command -v npm),$(ENV)/dynamodb-local/ready))
BROWSER := $(if $(shell command -v chromium || command -v chromium-browser || command -v google-chrome),$(ENV)/browser)

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Set-up ------------------------------------------------------------------------------------------------------------
$(ENV)/ready: requirements-dev.txt Makefile
	@test -n "$(PYTHON)" || { echo "Frontline needs Python 3.11 or newer: none was found on PATH." >&2; exit 1; }
	@echo "setting up $(ENV) with $$($(PYTHON) --version)" >&2
	@test -x $(UV) || { $(PYTHON) -m venv --clear $(ENV) && $(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@printf '#!/bin/sh\nexec "$(CURDIR)/$(BIN)/python" -m infra.ops "$$@"\n' > $(BIN)/frontline && chmod +x $(BIN)/frontline
	@echo "$(CURDIR)" > $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/frontline.pth
	@mkdir -p .local && touch $@

# What drives a browser is large, so it comes only where there is one.
$(ENV)/browser: requirements-browser.txt $(ENV)/ready
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-browser.txt && touch $@

# DynamoDB Local is 57 MB, and wants Java: it comes only where that is. Where it cannot be had, the tests do without.
$(ENV)/dynamodb-local/ready: tests/dynamodb-local.txt | $(ENV)/ready
	@$(BIN)/python -m tests.get_dynamodb_local $(@D)

setup: $(ENV)/ready ## everything the other commands need, into .frontline/ (they call it themselves)

lock: $(ENV)/ready ## write the hashed lock files anew from pyproject.toml
	@for f in $(FUNCTIONS); do $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group $$f -o functions/$$f/requirements.txt pyproject.toml; done
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev -o requirements-dev.txt pyproject.toml
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements-dev.txt \
		--group browser -o requirements-browser.txt pyproject.toml

schema: $(ENV)/ready ## write docs/article.schema.json and docs/openapi.yaml anew from the types
	@$(BIN)/python -m infra.ops.schema && $(BIN)/python -m infra.ops.openapi

reliability: $(ENV)/ready ## write docs/reliability.md anew: what every fault at every door comes to
	@$(BIN)/python -m tests.faults.told

# Work --------------------------------------------------------------------------------------------------------------
run: $(ENV)/ready ## the whole stack on this machine: make run [PORT=8000]
	@exec $(BIN)/python -m infra.local --port $(PORT)

frontline: $(ENV)/ready ## the command line: make frontline ARGS="--local pass --tier member"
	@$(BIN)/frontline $(ARGS)

lint: $(ENV)/ready ## ruff, mypy (strict), import-linter
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "make format would change these files" >&2; $(BIN)/ruff format --check . >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@mkdir -p .local
	@$(BIN)/lint-imports --no-logo > .local/lint-imports.txt 2>&1 || { cat .local/lint-imports.txt >&2; exit 1; }

format: $(ENV)/ready ## put the Python in order
	@$(BIN)/ruff check --quiet --fix . && $(BIN)/ruff format --quiet .

# Two at once: some of them wait, for a browser or a queue. A file's tests stay together.
test: lint $(BROWSER) $(DYNAMODB) ## everything that holds the house up: lint, then the tests, fast ones first
	@$(BIN)/pytest -n 2 --dist loadfile

bench: $(ENV)/ready ## the figures of docs/performance.md, into benchmarks/results.json
	@$(BIN)/python -m benchmarks

load: $(ENV)/ready ## readers at rising rates on this machine's stack, and what a read costs it (two minutes)
	@$(BIN)/python -m benchmarks.load $(ARGS)

scale: $(ENV)/ready ## what papers of three sizes do and cost: docs/scale.md's tables, reckoned anew (a minute and a half)
	@$(BIN)/python -m benchmarks.scale

clean: ## what was made here, but not .frontline/
	@rm -rf .build .aws-sam .local .hypothesis .mypy_cache .ruff_cache .pytest_cache

.PHONY: help setup lock schema reliability run frontline lint format test bench load scale clean

include build.mk
