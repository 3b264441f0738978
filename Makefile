# Two commands on a fresh Debian 12 machine, as root:
#   make lab    the lab up, site.yml, the proof with traffic
#   make test   lint, unit tests, the lab tests
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

# `make check ANSIBLE_CORE=2.21`: with that ansible-core in place of the one in requirements.txt.
export ANSIBLE_CORE
VENV := .venv/.made$(ANSIBLE_CORE)
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

.PHONY: test test-all test-one check lint unit sanity package
test: venv ## all of it within its budget: check, then two labs side by side; ends the labs by itself
	@$(PYTHON) tests/suite.py

test-all: venv ## every file of tests by itself, those that take long too; goes on where it was interrupted
	@$(PYTHON) tests/suite.py all

test-one: venv ## a file of tests against the lab that is up: make test-one FILE=tests/integration/test_spread_lab.py K=even
	@pytest $(or $(FILE),$(error FILE is missing: make test-one FILE=tests/integration/test_spread_lab.py)) \
	  $(if $(K),-k "$(K)") $(if $(LONG),,-m "not long") --durations=10

check: venv ## what needs no lab
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target sanity lint unit package

lint: venv ## ansible-lint, yamllint, ruff, mypy, reuse
	@ruff check . && ruff format --check --quiet .
	@mypy plugins tests
	@yamllint --strict .
	@ansible-lint --offline --strict
	@reuse lint --lines

unit: venv ## unit tests, golden trees
	@pytest tests/unit -n 2 -m "not long"

test-long: venv ## unit tests that take minutes
	@pytest tests/unit -n 2 -m long

sanity: venv ## ansible-test sanity
	@tests/package/sanity

package: venv ## the built artifact
	@pytest tests/package

# `make test` splits the tests over two labs that work side by side, and namespaces of the machine's own kernel.
LAB_TESTS := $(wildcard tests/integration/test_*_lab.py)
LAB_A_TESTS := $(addprefix tests/integration/test_,$(addsuffix _lab.py,failover artifact prove selection status verify))

.PHONY: test-lab-a test-lab-b test-native molecule measure bench figures
test-lab-a: venv ## half of the tests against a lab that is up: what follows a fault, what people see of it
	@pytest $(LAB_A_TESTS) -m "not long" --durations=20

test-lab-b: venv daemons ## the other half
	@pytest $(filter-out $(LAB_A_TESTS),$(LAB_TESTS)) -m "not long" --durations=20

test-native: venv daemons ## what needs no IPVS, in namespaces, and the lab's own life
	@pytest $(filter-out $(LAB_TESTS),$(wildcard tests/integration/test_*.py)) -m "not long" --durations=20

.PHONY: daemons
daemons: venv
	@$(PYTHON) -c 'from lab.tools import install_daemons; install_daemons()'

molecule: venv ## the scenario default, as people run it
	@molecule test

measure: venv ## what each fault costs, into build/failover.json: make measure [KEY=crash] [RUNS=5]
	@$(PYTHON) -m lab.measure $(KEY) $(if $(RUNS),--runs $(RUNS))

bench: venv ## figures as ratios, into build/bench.json
	@$(PYTHON) tests/bench/bench_ipvs.py

figures: venv ## docs/figures.json from build/, and the README's figures from it
	@$(PYTHON) -m lab.figures

.PHONY: docs golden docs-site
docs: venv ## write the generated pages of docs/ anew
	@$(PYTHON) tests/unit/docs/pages.py

golden: venv ## write tests/golden anew; read the diff before a commit
	@tests/golden/refresh

docs-site: venv ## the documentation as a site, in build/docs-site
	@.ci/docs-site

.PHONY: venv clean
venv: $(VENV) .ansible/collections/.made ## the tools, from requirements.txt; with ANSIBLE_CORE=2.21 for that one

$(VENV): requirements.txt
	@.ci/venv

.ansible/collections/.made: requirements.txt .ci/collections | $(VENV)
	@$(PYTHON) .ci/collections

clean: ## remove what the tools made here
	@rm -rf build .venv .ansible .mypy_cache .ruff_cache .hypothesis .pytest_cache .cache
