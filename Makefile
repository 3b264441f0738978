# Two commands on a fresh Debian 12 machine, as root:
#   make lab    the lab, site.yml, and a check with traffic
#   make test   lint, unit tests, the lab tests
# `make help` shows the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eo pipefail -c
.DEFAULT_GOAL := help

export LAB_NAME ?= lab
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.ansible/collections
export PYTHONPATH := $(CURDIR)/tests/lab
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# The start of the command, for the figures of `make lab` and `make test`.
export VIPSTACK_BEGIN := $(shell date +%s)

# `make check ANSIBLE_CORE=2.21`: uses that ansible-core instead of the one in requirements.txt.
export ANSIBLE_CORE
VENV := .venv/.made$(ANSIBLE_CORE)
PYTHON := .venv/bin/python
LAB := $(PYTHON) -m lab

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: lab lab-up lab-down lab-status lab-shell
lab: venv ## start the lab, run site.yml twice, check it with traffic, print a short report
	@$(PYTHON) -m lab.prove

lab-up: venv ## start the lab's hosts only
	@$(LAB) up

lab-down: venv ## stop the lab; only the cache stays
	@$(LAB) down

lab-status: venv ## show what is up
	@$(LAB) status

lab-shell: venv ## open a shell on a host: make lab-shell HOST=d1
	@$(LAB) shell $(or $(HOST),$(error HOST is missing: make lab-shell HOST=d1))

.PHONY: test test-all test-one test-long check lint unit sanity package
test: venv ## run all tests, each part with its budget: check, then two labs side by side; stops the labs
	@$(PYTHON) tests/suite.py

test-all: venv ## run every file of tests by itself, long ones too; continues after an interruption
	@$(PYTHON) tests/suite.py all

test-one: venv ## run a file of tests against the lab that is up: make test-one FILE=tests/integration/test_spread_lab.py K=even
	@pytest $(or $(FILE),$(error FILE is missing: make test-one FILE=tests/integration/test_spread_lab.py)) \
	  $(if $(K),-k "$(K)") $(if $(LONG),,-m "not long") --durations=10

check: venv ## run all that needs no lab
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target sanity lint unit package

lint: venv ## run ansible-lint, yamllint, ruff, mypy, reuse
	@ruff check . && ruff format --check --quiet .
	@mypy plugins tests
	@yamllint --strict .
	@$(PYTHON) tests/package/unless_passed.py ansible-lint --offline --strict
	@reuse lint --lines

unit: venv ## run unit tests and golden trees
	@pytest tests/unit -n 2 -m "not long"

test-long: venv ## run unit tests that take minutes
	@pytest tests/unit -n 2 -m long

sanity: venv ## run ansible-test sanity on what changed since it passed
	@$(PYTHON) tests/package/sanity.py

package: venv ## test the built artifact
	@pytest tests/package

# `make test` splits the tests over two labs side by side, and namespaces of the machine's own kernel.
LAB_TESTS := $(wildcard tests/integration/test_*_lab.py)
LAB_A_TESTS := $(addprefix tests/integration/test_,$(addsuffix _lab.py,failover artifact nginx_tls preflight prove repair selection status verify))

.PHONY: test-lab-a test-lab-b test-native molecule measure mutate-nginx bench figures
test-lab-a: venv ## run half of the tests against a lab that is up: faults, and what users see of them
	@pytest $(LAB_A_TESTS) -m "not long" --durations=20

test-lab-b: venv daemons ## run the other half
	@pytest $(filter-out $(LAB_A_TESTS),$(LAB_TESTS)) -m "not long" --durations=20

test-native: venv daemons ## run tests that need no IPVS, in namespaces, and those of the lab's life
	@pytest $(filter-out $(LAB_TESTS),$(wildcard tests/integration/test_*.py)) -m "not long" --durations=20

.PHONY: core
core: venv ## run a command with another ansible-core, in a Debian 13: make core CORE=2.21 [RUN="make check"]
	@$(PYTHON) -m lab.cores $(or $(CORE),$(error CORE is missing: make core CORE=2.21)) $(or $(RUN),make check)

.PHONY: daemons
daemons: venv
	@$(PYTHON) -m lab.daemons

molecule: venv ## run the Molecule scenarios: make molecule [SCENARIO=reference]
	@molecule test $(if $(SCENARIO),-s $(SCENARIO),--all)

measure: venv ## measure the outage of each fault, into build/failover.json: make measure [KEY=crash] [RUNS=5]
	@$(PYTHON) -m lab.measure $(KEY) $(if $(RUNS),--runs $(RUNS))

mutate-nginx: venv daemons ## leave out each directive of Nginx's files, and report those that no test misses
	@PYTHONPATH=$(PYTHONPATH):tests/integration $(PYTHON) tests/integration/nginx_mutants.py

bench: venv ## run the benchmarks, into build/bench.json
	@missed=0; for part in ipvs runs inventories scripts nginx tls; do $(PYTHON) tests/bench/bench_$$part.py || missed=1; done; exit $$missed

figures: venv ## write docs/figures.json from build/, and the README's figures from it
	@$(PYTHON) -m lab.figures

.PHONY: docs golden docs-site
docs: venv ## write the generated pages of docs/
	@$(PYTHON) tests/unit/docs/pages.py

golden: venv ## write tests/golden; read the diff before a commit
	@tests/golden/refresh

docs-site: venv ## build the documentation as a site, in build/docs-site
	@$(PYTHON) tests/unit/docs/pages.py site
	@.ci/docs-site

.PHONY: venv clean
venv: $(VENV) .ansible/collections/.made ## install the tools from requirements.txt; ANSIBLE_CORE=2.21 selects that version

$(VENV): requirements.txt
	@.ci/venv

.ansible/collections/.made: requirements.txt .ci/collections | $(VENV)
	@$(PYTHON) .ci/collections

clean: ## remove what the tools created here
	@rm -rf build .venv .ansible .mypy_cache .ruff_cache .hypothesis .pytest_cache .cache
