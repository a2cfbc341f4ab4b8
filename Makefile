# make demo    the system with demo data on http://localhost:8000 (PORT=…, RESET=1 begins anew)
# make test    every test (ARGS=… for pytest)
# make lint    style, types, layers, templates, migrations; make fix mends what a tool can mend
# make code    the second factor of the demo log-in that has one
# make setup   only installs

PYTHON ?= python3.11
LOCK   ?= requirements-dev.lock
UV     := 0.13.9
BIN    := .venv/bin
READY  := .venv/.$(LOCK)
ASSETS := static/vendor/icons.svg static/vendor/app.css

export PORT RESET
# Every process of a server compiles thousands of files anew where this is set.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup assets demo code test lint fix lock numbers bench bench-data clean
.DEFAULT_GOAL := setup

setup: $(READY) $(ASSETS)

$(READY): $(LOCK)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python --requirement $(LOCK)
	touch $@

assets: $(ASSETS)

static/vendor/icons.svg: static/icons.txt tools/assets.py $(READY)
	$(BIN)/python tools/assets.py

static/vendor/app.css: static/css/*.css tools/styles.py $(READY)
	$(BIN)/python tools/styles.py

demo code: export CTMS_DEMO := yes

demo: setup
	exec $(BIN)/python manage.py demo

code: setup
	exec $(BIN)/python manage.py code

# One worker more than processors: some of them wait for a browser or the database at any time.
test: export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)) + 1)')
test: setup
	exec $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal $(ARGS)

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djangofmt check templates
	$(BIN)/djangofmt --check templates
	$(BIN)/python manage.py makemigrations --check --dry-run

fix: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/djangofmt check --fix templates
	$(BIN)/djangofmt templates

# Packages at one version each, with the hashes of all their platforms and without addresses.
lock: $(READY)
	$(BIN)/uv pip compile --quiet $(LOCKED) --output-file requirements.lock
	$(BIN)/uv pip compile --quiet $(LOCKED) --group dev --extra embedded \
		--constraint requirements.lock --output-file requirements-dev.lock

LOCKED := pyproject.toml --group assets --universal --generate-hashes --no-header

numbers: setup
	$(BIN)/python tools/measure.py

bench-data: setup
	$(BIN)/python -m benchmarks.data --size $(SIZE)

bench: setup
	$(BIN)/python -m benchmarks.run

clean:
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .pytest_cache static/vendor staticfiles
