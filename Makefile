# Every target that a developer, CI and the README call. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run test check bench docs lock clean
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(if $(shell \
	$(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(shell cat requirements.lock pyproject.toml | cksum | cut -d ' ' -f 1)
UV ?= $(firstword $(shell command -v uv) $(BIN)/uv)
SOURCES := app worker fanfold tests $(if $(wildcard benchmarks/*.py),benchmarks)

help: ## list all targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | awk -F '\t' '{ printf "make %-8s %s\n", $$1, $$2 }'

setup: $(READY) ## create .venv and install the locked requirements
	@:

run: $(READY) ## start the embedded system and run the first example
	@$(BIN)/fanfold demo

test: $(READY) ## run all tests, on real servers
	@$(BIN)/pytest $(ARGS)

check: $(READY) ## check format, lint, types and import contracts
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/mypy --strict $(SOURCES)
	@$(BIN)/lint-imports

bench: $(READY) ## compare with other tools on this machine
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(READY) ## make the reference pages from the code
	@$(BIN)/python -m app.settings.reference
	@$(BIN)/python -m app.http_reference
	@$(BIN)/python -m fanfold.reference

lock: ## resolve pyproject.toml into requirements.lock (needs uv)
	@$(UV) --no-config pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-sources --quiet \
		--custom-compile-command 'make lock' --output-file requirements.lock $(ARGS)

clean: ## remove .venv and what checks, tests and builds leave
	@rm -rf $(VENV) .venv-bench build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .coverage*
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY):
	@test -n "$(PYTHON)" || { echo 'setup: no Python 3.11 or newer found; say make PYTHON=/path/to/python3'; exit 1; }
	@$(BIN)/python -c 'import pip' 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "setup: $(PYTHON) cannot make a venv; on Debian: apt install python3-venv"; exit 1; }; }
	@echo 'setup: installing the locked requirements (a minute or two, once)'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@printf '[egg_info]\negg_base = $(VENV)\n' > $(VENV)/build.cfg
	@DIST_EXTRA_CONFIG=$(VENV)/build.cfg $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.ready-* && touch $@
