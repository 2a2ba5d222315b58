# All of it runs in a virtual environment of its own. Nothing is compiled.
#
#   PYTHON       interpreter that makes the environment
#   PIP_ARGS     further arguments of every "pip install"
#   PYTEST_ARGS  further arguments of "make test"
#   VENV         where the environment lies

PYTHON ?= python3
PIP_ARGS ?=
PYTEST_ARGS ?=
VENV ?= .venv

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEEP := $(VENV)/.deep
BROWSER := $(VENV)/.browser
LM := $(VENV)/.lm
PIP_INSTALL = $(BIN)/python -m pip --disable-pip-version-check install $(PIP_ARGS)

.DEFAULT_GOAL := help
.PHONY: help install install-deep install-lm leaderboard leaderboard-deep test test-browser test-all durations benchmark benchmark-peers task fingerprints lint types clean

help:  ## list what can be made
	@echo "Usage: make TARGET [PYTHON=python3.11] [PIP_ARGS=...]"
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / { printf "  %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(STAMP)  ## make .venv with the exact versions of requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(check_python)
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP_INSTALL) -r requirements.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

leaderboard: $(STAMP)  ## play the leaderboard, into runs/leaderboard
	$(BIN)/textenvs run leaderboard --out runs/leaderboard

install-deep: $(DEEP)  ## install PyTorch and what goes with it beside that, of requirements-deep.lock

leaderboard-deep: $(DEEP)  ## play the one with DQN and PPO, into runs/leaderboard-deep, and draw its curves
	$(BIN)/textenvs run leaderboard-deep --out runs/leaderboard-deep
	$(BIN)/textenvs plot runs/leaderboard-deep

install-lm: $(LM)  ## install transformers, PyTorch and what goes with them beside that, of requirements-lm.lock

$(LM): $(STAMP) requirements-lm.lock
	$(PIP_INSTALL) -r requirements-lm.lock
	@touch $@

$(DEEP): $(STAMP) requirements-deep.lock
	$(PIP_INSTALL) -r requirements-deep.lock
	@touch $@

test: $(STAMP)  ## run the fast tests
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

test-browser: $(BROWSER)  ## run the tests of the page in Chromium, which must be there
	$(BIN)/python -m pytest tests/benchmarks/test_browser.py -m "slow or not slow"

$(BROWSER): $(STAMP) requirements-browser.lock
	$(PIP_INSTALL) -r requirements-browser.lock
	@touch $@

test-all: $(STAMP)  ## run all tests, also the slow ones
	$(BIN)/python -m pytest -n 2 -m "slow or not slow"

durations: $(STAMP)  ## run the slow tests, and note how long each takes for the order in which CI runs them
	SLOW_RECORD=.ci/durations.json PYTHONPATH=.ci $(BIN)/python -m pytest -n 2 -p slow_budget -m slow

benchmark: $(STAMP)  ## measure speed
	$(BIN)/python -m pytest benchmarks/performance --ignore=benchmarks/performance/test_peers.py -s --benchmark-enable --benchmark-only --benchmark-columns=median,iqr,rounds --benchmark-sort=name

benchmark-peers: $(STAMP)  ## measure speed beside the peers that are installed (extra peers)
	$(BIN)/python -m pytest benchmarks/performance/test_peers.py -s

task: $(STAMP)  ## compile, record and test one environment: make task ID=TextMyTask-v0
	@test -n "$(ID)" || { echo "Which one? Try: make task ID=TextDialogue-v0" >&2; exit 1; }
	$(BIN)/textenvs compile $(ID) --new-behaviour
	$(BIN)/python scripts/record_golden.py $(ID)
	$(BIN)/python -m pytest tests/test_registry.py -k "$(ID)"

fingerprints: $(STAMP)  ## store the fingerprints of the environments whose sources have changed
	$(BIN)/textenvs compile

lint: $(STAMP)  ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)  ## check types
	$(BIN)/mypy

clean:  ## remove the environment, caches and built files; runs/ is kept
	rm -rf $(VENV) build dist .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -path ./.git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# One line that says what is wrong with $(PYTHON), and the way out.
define check_python
version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || version=; \
if [ -z "$$version" ]; then \
	echo "TextEnvs needs Python 3.11 or newer; $(PYTHON) does not run here." \
		"Try: make $(or $(MAKECMDGOALS),install) PYTHON=python3.11" >&2; exit 1; \
elif ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	echo "TextEnvs needs Python 3.11 or newer; $(PYTHON) has $$version." \
		"Try: make $(or $(MAKECMDGOALS),install) PYTHON=python3.11" >&2; exit 1; \
elif ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
	echo "TextEnvs needs the modules venv and ensurepip, which $(PYTHON) lacks." \
		"On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
fi
endef
