# Two commands do everything: `make demo` runs the main job, `make test` passes the tests. `make help` lists the others.
# Each makes what it needs in .venv, from locks with hashes; PYTHON=python3.12 chooses another interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The lock holds what builds the project too, so that the second call needs nothing from outside.
INSTALL_PROJECT := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
INSTALL_LOCK := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement
# What reads, resolves, compiles and checks a pipeline: no process, no network, no sandbox.
FRONT := tests/unit/sagemaker tests/unit/step tests/unit/resolve tests/unit/build tests/unit/describe tests/unit/pipeline tests/unit/definition tests/unit/rules tests/unit/scaffold \
	tests/unit/diagnostics tests/unit/test_registry.py tests/test_structure.py tests/test_pyproject.py \
	tests/integration/test_golden.py tests/integration/test_mutations.py

.PHONY: help demo test quick lint types unit texts compare test-clone test-package test-pythons test-readers test-sdk \
	test-aws test-compare fuzz bench bench-archive bench-definition bench-check bench-deploy attack-table rule-pages lock clean

help: ## List the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  %-18s%s\n' "$$name" "$$text"; done

demo: $(VENV)/.demo ## Run the example: a pretrained model, from a folder to the model registry
	$(BIN)/stepsmith run examples/pretrained-model/pipeline.yaml

test: lint types unit ## Lint, types and all tests that need no server and no SDK

quick: lint types ## Lint, types and the tests of the front end, in about 20 s
	$(BIN)/pytest -q --numprocesses=2 $(FRONT)

lint: $(VENV)/.dev ## Ruff, import-linter, and the Python version that scripts need
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/vermin --quiet --no-tips --violations --eval-annotations --target=3.8- src/stepsmith/container src/stepsmith/steps/*/script.py tests/third_party/*/src/*/script.py

types: $(VENV)/.dev ## Mypy, strict
	$(BIN)/mypy

unit: $(VENV)/.dev ## The tests of `make test`, with coverage
	$(BIN)/pytest --numprocesses=2 --dist=worksteal --cov --cov-report=term

texts: $(VENV)/.dev ## Write the snapshots of texts again, after a message was reworded; read the diff
	$(BIN)/pytest -q --numprocesses=2 --update-texts

# HEAD=<commit> compares that instead of the working tree. TEXTS=ignore leaves out what only people read. ONLY='rules/*' runs
# only these cases.
compare: $(VENV)/.dev ## Compare what all commands do with a commit: make compare BASE=HEAD~1
	@test -n "$(BASE)" || { echo "Name the commit to compare with: make compare BASE=HEAD~1"; exit 2; }
	tests/aws/install moto
	@$(BIN)/python tools/compare --base "$(BASE)" $(if $(HEAD),--head "$(HEAD)") $(if $(TEXTS),--texts "$(TEXTS)") $(if $(ONLY),--only "$(ONLY)")

test-clone: $(VENV)/.dev ## `make demo` in a fresh clone, with an environment made from nothing
	$(BIN)/pytest -m clone tests/clone

test-package: $(VENV)/.dev ## Build the wheel and the sdist, and use the wheel in an empty environment
	$(BIN)/pytest -m package tests/package

test-pythons: $(VENV)/.dev ## On each other Python that is found, what can differ there
	tests/on_other_pythons 3.8 3.9 3.10 3.12 3.13

test-readers: $(VENV)/.dev ## Archives that other tools make, and our packages in other readers; it installs them
	tests/readers/install
	$(BIN)/pytest --numprocesses=2 --dist=loadfile -m readers tests/readers

test-sdk: $(VENV)/.dev ## The same pipelines built with SageMaker's SDK, v2 and v3, which it installs
	tests/sdk/install
	$(BIN)/pytest -m sdk tests/sdk

test-aws: $(VENV)/.dev ## Deploys to servers on 127.0.0.1, through faults of all kinds; it installs the servers
	tests/aws/install
	$(BIN)/pytest --numprocesses=2 --dist=worksteal -m aws tests/aws

test-compare: $(VENV)/.dev ## `make compare` finds nothing between a commit and itself, and each seeded change
	tests/aws/install moto
	$(BIN)/pytest -m compare tests/compare

fuzz: $(VENV)/.dev ## Ten thousand generated pipelines and configs each, instead of hundreds
	FUZZ_EXAMPLES=10000 $(BIN)/pytest --numprocesses=2 tests/property/test_documents.py

bench: $(VENV)/.dev ## What the local engine costs, compared with ninja and a bare loop
	$(BIN)/python benchmarks/local.py

bench-archive: $(VENV)/.dev ## What reading and packaging an archive costs, into docs/performance.md
	$(BIN)/python benchmarks/archive.py --write

bench-definition: $(VENV)/.dev ## What a definition costs, compared with the SDK v2 (after `make test-sdk`)
	$(BIN)/python benchmarks/definition.py

bench-check: $(VENV)/.dev ## What the front end costs, compared with a commit: make bench-check BASE=HEAD~1
	tests/aws/install moto
	$(BIN)/python benchmarks/check.py $(if $(BASE),--base "$(BASE)")

bench-deploy: $(VENV)/.dev ## What a deploy costs, compared with the AWS CLI (after `make test-aws`)
	$(BIN)/python benchmarks/deploy.py

attack-table: $(VENV)/.dev ## Write the table of docs/archive-attacks.md
	$(BIN)/python tests/readers/attack_table.py --write

rule-pages: $(VENV)/.dev ## Write the pages of the rules in docs/rules
	$(BIN)/python -m stepsmith.rules.pages docs/rules

lock: $(VENV)/.dev ## Write all locks again
	PATH="$(CURDIR)/$(BIN):$$PATH" requirements/lock

clean: ## Remove the environments and everything that runs left
	rm -rf $(VENV) .venv-* .compare .stepsmith examples/*/.stepsmith .coverage*

$(BIN)/python:
	@echo "making $(VENV) and installing what is needed into it"
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements/demo.lock pyproject.toml | $(BIN)/python
	$(INSTALL_LOCK) requirements/demo.lock
	$(INSTALL_PROJECT)
	touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml | $(BIN)/python
	$(INSTALL_LOCK) requirements/dev.lock
	$(INSTALL_PROJECT)
	touch $@ $(VENV)/.demo
