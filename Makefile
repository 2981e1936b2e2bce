PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := sessions/4h
BEDSIDE := sessions/console
EVERYTHING := '.[console,dev,mqtt,report]'
# What is installed is a copy, its core compiled: any change here and it is made anew.
SOURCES := $(shell find hatch_build.py qh1a configs -type f -not -path '*/__pycache__/*' 2>/dev/null)
# What stands between a patient and harm, and the tests that must reach every branch of it.
SAFETY_CORE := qh1a.gates qh1a.hazards $(addprefix qh1a.control., \
	agreement alarms checks estimators plausible scans session supervisor validate)
SAFETY_TESTS := agreement alarm_signals clamps endings estimators expected_behaviour interlocks plausible scans \
	session_machine start_gates supervisor tables trends validate
EXHAUSTIVE := $(addprefix tests/safety/test_,exploration.py never_blocked.py table_mutants.py)
# Its figures need a machine with nothing else to do.
LOAD := tests/system/test_console_load.py
COMMA := ,
SPACE := $() $()

# Compiled physics, kept between runs.
export NUMBA_CACHE_DIR := $(CURDIR)/$(VENV)/numba
# The same vector maths on every x86 machine.
export NUMBA_DISABLE_INTEL_SVML := 1

.PHONY: help run console test test-faults coverage test-system test-load test-long mutants lint bench clean

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: $(READY) ## a 4 h session in simulation, as fast as it goes, and its report
	@mkdir -p $(dir $(DEMO))
	@rm -f $(DEMO).qh1a $(DEMO).qh1a-shm $(DEMO).qh1a-wal $(DEMO).html
	$(BIN)/qh1a run 4h.toml --plant sim --operator auto --speed max --out $(DEMO).qh1a
	$(BIN)/qh1a report $(DEMO).qh1a -o $(DEMO).html
	@echo "report: $(CURDIR)/$(DEMO).html"

console: $(READY) ## a simulated patient at 60 times real time, operated from your browser
	@mkdir -p $(dir $(BEDSIDE))
	@rm -f $(BEDSIDE).qh1a $(BEDSIDE).qh1a-shm $(BEDSIDE).qh1a-wal $(BEDSIDE)-users.json*
	@$(BIN)/qh1a pin $(BEDSIDE)-users.json operator --role operator --random
	@$(BIN)/qh1a pin $(BEDSIDE)-users.json second --role second --random
	@$(BIN)/qh1a run 4h.toml --operator console --speed 60 --out $(BEDSIDE).qh1a & session=$$!; \
		trap 'kill $$session 2>/dev/null; wait $$session' EXIT; \
		$(BIN)/qh1a console $(BEDSIDE).sock --users $(BEDSIDE)-users.json

test: $(READY) ## the quick tests: Python only, under 5 min on two cores
	@$(BIN)/python -m tests.compiled
	$(BIN)/python -m pytest tests --ignore=tests/faults --ignore=tests/system --ignore=tests/long \
		$(EXHAUSTIVE:%=--ignore=%) -n auto --maxprocesses=8 --dist=loadscope

test-faults: $(READY) ## every fault, rule and harm in a treatment, every state and mutant: some 8 min on two cores
	@$(BIN)/python -m tests.compiled
	$(BIN)/python -m pytest tests/faults $(EXHAUSTIVE) -n auto --maxprocesses=8 --dist=loadscope --timeout=900

coverage: $(READY) ## every line and branch of the safety core, by its own quick tests, or it fails
	$(BIN)/python -m coverage run --source=$(subst $(SPACE),$(COMMA),$(SAFETY_CORE)) -m pytest -q \
		$(SAFETY_TESTS:%=tests/safety/test_%.py) -k 'not healthy_hour and not whole_session and not any_wish'
	$(BIN)/python -m coverage report --show-missing --skip-covered --fail-under=100

test-system: $(READY) ## the tests that run the real command line in its own processes
	@$(BIN)/python -P tests/compiled.py
	$(BIN)/python -m pytest tests/system --ignore=$(LOAD)

test-load: $(READY) ## the console under a flood: 2 min on a machine with nothing else to do
	$(BIN)/python -m pytest $(LOAD)

test-long: $(READY) ## the long batteries, up to 95 min
	$(BIN)/python -m pytest tests/long --hypothesis-profile=long --timeout=5400

mutants: $(READY) ## small wrongs in the safety core that its tests must notice: hours
	$(BIN)/python -m tests.mutation

lint: $(READY) ## format, lint, types, import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(READY) ## what a tick, a session and a replay cost
	$(BIN)/python -m benchmarks

clean: ## remove .venv and all caches; sessions/ stays
	rm -rf $(VENV) .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# With new requirements everything, else only qh1a itself, in seconds where the core is as it was.
$(READY): ANEW = $(filter pyproject.toml constraints.txt,$?)
$(READY): pyproject.toml constraints.txt $(SOURCES)
	@$(PYTHON) --version >/dev/null 2>&1 || \
		{ echo "no Python found as '$(PYTHON)': apt-get install python3 python3-venv" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "qh1a needs Python 3.11 or newer, '$(PYTHON)' is $$($(PYTHON) --version 2>&1):" \
		"apt-get install python3.11 python3.11-venv, then make PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "'$(PYTHON)' cannot make a virtual environment: apt-get install python3-venv" >&2; exit 2; }
	$(if $(ANEW),$(PYTHON) -m venv $(VENV))
	PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
		$(if $(ANEW),$(EVERYTHING),--no-deps --force-reinstall .)
	@$(BIN)/python -I -c 'import qh1a.control.kernel as k; k.__file__.endswith(".so") or print("the core runs as" \
		" plain Python, about half as fast; to compile it: apt-get install gcc python3-dev, then make clean")'
	@touch $@
