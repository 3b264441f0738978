# Two commands on a fresh Debian 12 machine, as root:
#   make lab    the lab up, site.yml, the proof with traffic
#   make test   lint, unit tests, the lab tests with every fault measured
# `make help` shows the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eo pipefail -c
.DEFAULT_GOAL := help

export LAB_NAME ?= lab
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.ansible/collections
export PYTHONPATH := $(CURDIR)/tests/lab
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# When the command began, for the figures of `make lab`.
export VIPSTACK_BEGIN := $(shell date +%s)

PYTHON := .venv/bin/python
LAB := $(PYTHON) -m lab

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: lab lab-up lab-down lab-status lab-shell
lab: venv ## the lab up, site.yml twice, the proof with traffic, a short report
	@$(PYTHON) -m lab.prove

lab-up: venv ## the lab's hosts only
	@$(LAB) up

lab-down: venv ## end the lab; nothing stays but the cache
	@$(LAB) down

lab-status: venv ## what is up
	@$(LAB) status

lab-shell: venv ## a shell on a host: make lab-shell HOST=d1
	@$(LAB) shell $(or $(HOST),$(error HOST is missing: make lab-shell HOST=d1))

.PHONY: test check lint unit sanity package integration alone failover first second molecule bench
test: ## all of it: check, then the lab; builds and ends the lab by itself
	@.ci/test

check: venv ## what needs no lab
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target sanity lint unit package

lint: venv ## ansible-lint, yamllint, ruff, mypy
	@ruff check . && ruff format --check --quiet .
	@mypy plugins tests
	@yamllint --strict .
	@ansible-lint --offline --strict

unit: venv ## unit tests, golden trees
	@pytest tests/unit -n 2 -m "not long"

sanity: venv ## ansible-test sanity
	@tests/package/sanity

package: venv ## the built artifact
	@pytest tests/package

# `make test` splits them over two labs that work side by side; failover and first are one half, second is the other.
FAILOVER := tests/integration/test_failover_lab.py
FIRST := $(addprefix tests/integration/test_,$(addsuffix _lab.py,artifact prove selection status verify))

integration: alone failover first second ## all tests against the lab that is up

failover: venv ## what each fault costs, into build/failover.json
	@pytest $(FAILOVER) -m "not long and not alone" --durations=20

alone: venv ## what the load of another lab would change: a busy machine is no failover
	@pytest $(FAILOVER) -m alone

first: venv ## what follows it in the same lab
	@pytest $(FIRST) -m "not long" --durations=20

second: venv ## the other half of the tests
	@$(PYTHON) -c 'from lab.tools import install_daemons; install_daemons()'
	@pytest tests/integration $(addprefix --ignore=,$(FAILOVER) $(FIRST)) -m "not long" --durations=20

molecule: venv ## the scenario default, as people run it
	@molecule test

bench: venv ## figures as ratios, into build/bench.json
	@$(PYTHON) tests/bench/bench_ipvs.py

.PHONY: venv clean
venv: .venv/.made .ansible/collections/.made ## the tools, from requirements.txt

.venv/.made: requirements.txt
	@.ci/venv

.ansible/collections/.made: requirements.txt .ci/collections | .venv/.made
	@$(PYTHON) .ci/collections

clean: ## remove what the tools made here
	@rm -rf build .venv .ansible .mypy_cache .ruff_cache .hypothesis .pytest_cache .cache
