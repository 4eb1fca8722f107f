# The two commands that matter are `make demo` and `make test`; each does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Python compiles what it imports: a fraction of what is installed.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-strip-extras --custom-compile-command "make lock" pyproject.toml

.PHONY: help demo spark cloud test test-capture test-browser images lint format bench bench-landing \
	parity dashboards lock clean

help:
	@echo "make demo    simulate a fleet and run the whole lakehouse on it"
	@echo "make spark   install what iot run --engine spark needs"
	@echo "make cloud   install what landing in S3, Google Cloud Storage or Azure needs"
	@echo "make test    lint, format check, types and all tests"
	@echo "make test-capture  the capture of a live PostgreSQL (installs it and Java, as root)"
	@echo "make test-browser  the report, iot serve and iot docs in Chromium (installs it, as root)"
	@echo "make images  the screenshots of docs/images, taken anew"
	@echo "make bench   the lakehouse beside its peers, as ratios: writes docs/benchmarks.md"
	@echo "make bench-landing  what finding new objects in a bucket costs"
	@echo "make parity  run both engines, compare every table, write docs/parity.md"
	@echo "make dashboards  write Databricks' dashboards and SQL alerts anew from the questions"
	@echo "make format  let ruff mend what it can"
	@echo "make lock    lock the dependencies anew"
	@echo "make clean   remove what the others made"

demo: $(VENV)/.local
	$(BIN)/iot demo

spark: $(VENV)/.spark

cloud: $(VENV)/.cloud

test: lint $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder

test-capture:
	.ci/capture

test-browser:
	.ci/browser

images:
	.ci/browser --images

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 databricks/dbt/models databricks/dbt/tests
	$(BIN)/sqlfluff lint --processes 2 --config tests/questions/sqlfluff.cfg src/iot_streaming/questions

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench
	$(BIN)/python benchmarks/run.py

bench-landing: $(VENV)/.dev
	$(BIN)/python -m tests.landing.bench

parity: $(VENV)/.dev
	$(BIN)/python -m tests.parity.report

dashboards: $(VENV)/.local
	$(BIN)/python -m iot_streaming.dashboards

lock: $(VENV)/.dev
	$(BIN)/$(LOCK) --extra dev --extra build -o requirements/dev.txt
	$(BIN)/$(LOCK) --extra local --extra build -c requirements/dev.txt -o requirements/local.txt
	$(BIN)/$(LOCK) --extra spark --extra build -c requirements/dev.txt -o requirements/spark.txt
	$(BIN)/$(LOCK) --extra cloud --extra build -c requirements/dev.txt -o requirements/cloud.txt
	$(BIN)/$(LOCK) --extra bench --extra build -c requirements/dev.txt -o requirements/bench.txt
	$(BIN)/$(LOCK) --extra capture --extra build -c requirements/dev.txt -o requirements/capture.txt

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.local: requirements/local.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what the lakehouse runs on into $(VENV)"
	$(INSTALL) --require-hashes -r requirements/local.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.spark: requirements/spark.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing Spark into $(VENV)"
	$(INSTALL) --require-hashes -r requirements/spark.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.local

$(VENV)/.cloud: requirements/cloud.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what object stores need into $(VENV)"
	$(INSTALL) --require-hashes -r requirements/cloud.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.local

$(VENV)/.bench: requirements/bench.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what the benchmarks compare with into $(VENV)"
	$(INSTALL) --require-hashes -r requirements/bench.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.local $(VENV)/.spark

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what tests and checks need into $(VENV)"
	$(INSTALL) --require-hashes -r requirements/dev.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.local $(VENV)/.spark $(VENV)/.cloud

# Beside the others, all of whose packages it sees: the engine is 200 MB that nothing else needs.
.venv-capture/.capture: requirements/capture.txt $(VENV)/.dev
	$(PYTHON) -m venv .venv-capture
	.venv-capture/bin/python -c 'import site, sys; \
		print(sys.argv[1], file=open(site.getsitepackages()[0] + "/base.pth", "w"))' \
		$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')
	$(MAKE) VENV=.venv-capture .venv-capture/.packages
	@touch $@

.venv-capture/.packages:
	$(INSTALL) --require-hashes -r requirements/capture.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .

# Not in tests/: what npm brings is no test of ours.
.browser/.ready: tests/browser/package.json tests/browser/package-lock.json $(wildcard tests/browser/*.mjs)
	@mkdir -p .browser
	cp $^ .browser
	npm ci --prefix .browser --ignore-scripts --no-audit --no-fund
	@touch $@

clean:
	rm -rf $(VENV) .browser .venv-capture .iot .mypy_cache .ruff_cache .pytest_cache
