# Every target sets up what it needs. The stamps say what .venv already holds.
PYTHON ?= python3
ENV ?= CartPole
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.stamp-installed
DEVELOP := $(VENV)/.stamp-develop
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Hundreds of processes are started, each of which would compile every module that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help evolve test soak lint docs bench release clean

help:
	@echo "make evolve   install into $(VENV) and evolve CartPole (ENV=Pendulum, ARGS='--seed 3')"
	@echo "make test     run the tests (ARGS='-k philox')"
	@echo "make soak     run the tests that take long, before a release"
	@echo "make lint     ruff, mypy and the import contract"
	@echo "make docs     build the documentation into site/, strictly"
	@echo "make bench    measure speed"
	@echo "make release  build wheel and sdist, and test both with every Python at hand"
	@echo "make clean    remove $(VENV), caches and built files; runs stay"

evolve: $(INSTALLED)
	$(BIN)/genesys evolve --env $(ENV) $(ARGS)

test: $(DEVELOP)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(DEVELOP)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder -m soak $(ARGS)

lint: $(DEVELOP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(DEVELOP)
	$(BIN)/properdocs build --strict --config-file mkdocs.yml $(ARGS)

bench: $(DEVELOP)
	$(BIN)/python -m benchmarks $(ARGS)

release: $(DEVELOP)
	$(BIN)/python .ci/release.py $(ARGS)

clean:
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv --upgrade-deps $(VENV)

$(INSTALLED): pyproject.toml | $(BIN)/python
	@echo "Installing genesys into $(VENV), once ..."
	$(INSTALL) --editable '.[film,plot]'
	@touch $@

$(DEVELOP): pyproject.toml | $(BIN)/python
	@echo "Installing genesys and its development tools into $(VENV), once ..."
	$(INSTALL) --editable '.[dev]'
	@touch $@ $(INSTALLED)
