# Every target builds what it needs. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
PEER_PIP := .venv-peer/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes
PYTEST_WORKERS ?= 2
# Compiled modules are kept: without them every process of a test run compiles its plugins anew, for 10 s.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help up reset demo code test chaos proof soak bench bench-scale mutate screenshots check format

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

up: .venv/.service ## start everything on port 3003 (PORT=…) until Ctrl-C
	@exec $(BIN)/python -m walletsite.up

reset: .venv/.service ## clear the demo's data
	@$(BIN)/python -m walletsite.up reset

demo: .venv/.service ## tell the journeys on the terminal, against the running service
	@$(BIN)/python -m walletsite.demo.journeys

code: .venv/.service ## the codes that the back office asks the demo's staff for
	@$(BIN)/python -m walletsite.demo.authenticator

test: check ## every gate, then every test
	$(BIN)/pytest --numprocesses $(PYTEST_WORKERS)

chaos: .venv/.development ## kill parts of the service at random under load (MINUTES=… BROKER=valkey SEED=…)
	$(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),10) --broker $(or $(BROKER),rabbitmq) $(if $(SEED),--seed $(SEED))

proof: .venv/.development ## try to make the ledger lose money for an hour, and write docs/proof.md (MINUTES=… SEED=…)
	$(BIN)/python -m tests.safety --page --minutes $(or $(MINUTES),60) $(if $(SEED),--seed $(SEED))

soak: .venv/.development ## the same for as long as is said: MINUTES=720
	$(BIN)/python -m tests.safety --page --minutes $(or $(MINUTES),720) $(if $(SEED),--seed $(SEED))

bench: .venv/.development .venv-peer/.installed ## measure, with every figure beside a reference of the same run (ROUNDS=… SECONDS=… short ones)
	$(BIN)/python -m tests.bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS))

bench-scale: .venv/.development ## measure a ledger with a million postings beside a small one (POSTINGS=… ROUNDS=… SECONDS=…)
	$(BIN)/python -m tests.bench.scale $(if $(POSTINGS),--postings $(POSTINGS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS))

mutate: .venv/.development ## change the core on purpose, one place at a time, and see whether a test notices (docs/mutation.md)
	$(BIN)/mutmut run --max-children 1
	$(BIN)/mutmut results

screenshots: .venv/.development ## take the pictures of docs/back-office.md anew
	$(BIN)/python -m tests.screenshots

check: .venv/.development ## the fast gates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PROFILE=test $(BIN)/python manage.py makemigrations --check --dry-run
	PROFILE=test $(BIN)/python manage.py check

format: .venv/.development ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The two stamps are newer than the pins that were installed last.
.venv/.service: requirements.txt | .venv/bin/pip
	$(PIP) -r requirements.txt
	@touch $@

.venv/.development: requirements-dev.txt | .venv/bin/pip
	$(PIP) -r requirements-dev.txt
	@touch $@ .venv/.service

# Another ledger, measured beside ours: it comes as source only, so it stays out of the environments above.
.venv-peer/.installed: tests/bench/peer/build.txt tests/bench/peer/requirements.txt
	$(PYTHON) -m venv .venv-peer
	$(PEER_PIP) --only-binary :all: -r tests/bench/peer/build.txt
	$(PEER_PIP) --only-binary :all: --no-binary django-hordak --no-build-isolation -r tests/bench/peer/requirements.txt
	@touch $@

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv
