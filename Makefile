# Two commands do everything: `make demo` runs the main job, `make test` passes the tests.
# Both make what they need in .venv, from locks with hashes; PYTHON=python3.12 chooses another interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The lock holds what builds the project too, so that the second call needs nothing from outside.
INSTALL_PROJECT := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
INSTALL_LOCK := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement

.PHONY: demo test test-clone test-pythons test-readers test-sdk test-aws test-compare test-package compare lint types unit fuzz bench bench-archive bench-definition bench-check bench-deploy attack-table rule-pages lock clean

demo: $(VENV)/.demo
	$(BIN)/stepsmith run examples/pretrained-model/pipeline.yaml

test: lint types unit

# The demo as a newcomer runs it: a clone, and an environment made from nothing.
test-clone: $(VENV)/.dev
	$(BIN)/pytest -m clone tests/clone

# The unit tests on every other Python that is found, by name or under pyenv; what is not found is said.
test-pythons: $(VENV)/.dev
	tests/on_other_pythons 3.10 3.12 3.13

# Packages of archives that the tools of others make, read back by the tools of others; it installs what it can.
test-readers: $(VENV)/.dev
	tests/readers/install
	$(BIN)/pytest --numprocesses=2 --dist=loadfile -m readers tests/readers

# The same pipelines built with SageMaker's own SDK, v2 and v3, and their definitions compared with ours.
test-sdk: $(VENV)/.dev
	tests/sdk/install
	$(BIN)/pytest -m sdk tests/sdk

# Deploys to servers of SageMaker's and S3's interfaces on 127.0.0.1, through faults of all kinds; it installs them.
test-aws: $(VENV)/.dev
	tests/aws/install
	$(BIN)/pytest --numprocesses=2 --dist=loadfile -m aws tests/aws

# Runs every command of one corpus with a commit and with the working tree (or HEAD=<commit>), and prints what differs.
# TEXTS=ignore leaves out what only people read; ONLY='rules/*' runs only these cases.
compare: $(VENV)/.dev
	@test -n "$(BASE)" || { echo "say which commit to compare with: make compare BASE=HEAD~1"; exit 2; }
	tests/aws/install moto
	$(BIN)/python tools/compare --base "$(BASE)" $(if $(HEAD),--head "$(HEAD)") $(if $(TEXTS),--texts "$(TEXTS)") $(if $(ONLY),--only "$(ONLY)")

# That `make compare` finds nothing between a commit and itself, and finds each of some seeded changes.
test-compare: $(VENV)/.dev
	tests/aws/install moto
	$(BIN)/pytest -m compare tests/compare

# The wheel and the sdist, and a first pipeline with the wheel alone.
test-package: $(VENV)/.dev
	$(BIN)/pytest -m package tests/package

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/vermin --quiet --no-tips --violations --eval-annotations --target=3.8- src/stepsmith/container src/stepsmith/steps/*/script.py tests/third_party/*/src/*/script.py

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	$(BIN)/pytest --numprocesses=2 --cov --cov-report=term

# Ten thousand generated pipelines and configs each, in place of the few hundred of `make test`.
fuzz: $(VENV)/.dev
	FUZZ_EXAMPLES=10000 $(BIN)/pytest --numprocesses=2 tests/property/test_documents.py

# What the local engine costs beside ninja and a bare loop; it measures, and nothing fails.
bench: $(VENV)/.dev
	$(BIN)/python benchmarks/local.py

# What reading and packaging an archive costs beside the tools that do a part of it, into docs/performance.md.
bench-archive: $(VENV)/.dev
	$(BIN)/python benchmarks/archive.py --write

# What writing and checking a definition costs beside the SDK v2, where `make test-sdk` has made its environment.
bench-definition: $(VENV)/.dev
	$(BIN)/python benchmarks/definition.py

# What checking a pipeline costs from a cold process, and resolving as it grows.
bench-check: $(VENV)/.dev
	$(BIN)/python benchmarks/check.py

# What bringing a model to S3 costs beside the AWS CLI, and a second deploy, where `make test-aws` has made the servers.
bench-deploy: $(VENV)/.dev
	$(BIN)/python benchmarks/deploy.py

# What other readers do with hostile and damaged archives, into docs/archive-attacks.md; it fetches the SageMaker SDK.
attack-table: $(VENV)/.dev
	$(BIN)/python tests/readers/attack_table.py --write

# The pages of the rules of `stepsmith check`, each made of its rule.
rule-pages: $(VENV)/.dev
	$(BIN)/python -m stepsmith.rules.pages docs/rules

lock: $(VENV)/.dev
	PATH="$(CURDIR)/$(BIN):$$PATH" requirements/lock

clean:
	rm -rf $(VENV) .venv-* .stepsmith examples/*/.stepsmith .coverage*

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
