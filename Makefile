# Everything here makes its own environment in .venv from the locked versions; nothing is needed but make and Python 3.11 or newer.
#
#   make run        start Hotline on config.toml            make test       the test suite
#   make demo       a story of a minute, offline            make test-real  the same against real servers on loopback
#   make review     the log in a browser                    make docs       the reference of all keys
#   make check      lint, types and tests                   make lock       refresh the locked versions
#   make soak       a simulated week with faults on         make fuzz       every parser and the matcher, fuzzed
#   make faults     the fault suites, as a table            make sbom       the locked packages as CycloneDX
#
# Choose an interpreter with PYTHON=…, hand arguments on with ARGS="…" (make test ARGS="-k store", make run ARGS="--log json").

VENV  := .venv
PY    := $(VENV)/bin/python
ARGS  ?=
PIP   := $(PY) -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run demo review test test-real lint types check docs fuzz soak faults sbom lock clean

help:
	@sed -n '/^$$/q; s/^# *//p' Makefile

run: $(VENV)/.run
	@$(PY) bot.py run $(ARGS)

demo: $(VENV)/.run
	@$(PY) bot.py demo $(ARGS)

review: $(VENV)/.dev
	@$(PY) bot.py review $(ARGS)

test: $(VENV)/.dev
	@$(PY) -m pytest $(ARGS)

test-real: $(VENV)/.dev
	@$(PY) -m pytest -m real tests/real $(ARGS)

lint: $(VENV)/.dev
	@$(PY) -m ruff check .

types: $(VENV)/.dev
	@$(PY) -m mypy

check: lint types test

# Coverage-guided fuzzing of every parser and the matcher, so many seconds each; what breaks one is kept under tests/fuzz/corpus.
SECONDS_EACH ?= 60
fuzz: $(VENV)/.dev
	@$(PIP) install --no-deps --require-hashes -r requirements/fuzz.lock
	@set -e; for target in $$($(PY) -c "import sys; sys.path.insert(0, '.'); from tests.fuzz.targets import TARGETS; print(*TARGETS)"); do \
	  echo "fuzzing $$target for $(SECONDS_EACH) s"; $(PY) tests/fuzz/run.py $$target $(SECONDS_EACH) 2>&1 | grep -E "ERROR|Test unit|stat::number|stat::new|Exception|Error" || true; \
	  test -z "$$(git ls-files --others --exclude-standard tests/fuzz/corpus/$$target | grep crash-)"; \
	done

# A simulated week with faults on (minutes), then a running daemon on real servers killed so many times (some seconds each).
HOURS ?= 168
KILLS ?= 1000
soak: $(VENV)/.dev
	@HOTLINE_SOAK_HOURS=$(HOURS) $(PY) -m pytest -s tests/soak $(ARGS)
	@if [ $(KILLS) -gt 0 ]; then HOTLINE_KILLS=$(KILLS) $(PY) -m pytest -m real tests/real/test_kill.py; fi

# Runs the fault suites and writes what they counted into docs/reliability.md.
faults: $(VENV)/.dev
	@$(PY) tests/faults/report.py $(ARGS)

# What the locked packages are, with their hashes, as CycloneDX; the tool has an environment of its own.
sbom: requirements/sbom.lock | $(PY)
	@$(PY) -m venv $(VENV)-sbom && $(VENV)-sbom/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r $<
	@mkdir -p build
	@$(VENV)-sbom/bin/cyclonedx-py requirements requirements/run.lock --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --of JSON -o build/hotline.cdx.json
	@rm -rf $(VENV)-sbom
	@echo build/hotline.cdx.json

docs: $(VENV)/.dev
	@$(PY) bot.py config reference > docs/configuration.md

# The environment. A stamp is newer than the lock it was made from, so a second call costs nothing.

$(PY):
	@echo "Making $(VENV) …" >&2
	@set -e; \
	for python in $(PYTHON) python3.11 python3.12 python3.13 python3 python; do \
	  if "$$python" -c 'import sys, venv, ensurepip, sqlite3; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    rm -rf $(VENV); "$$python" -m venv $(VENV); exit 0; \
	  elif [ "$$python" = "$(PYTHON)" ]; then \
	    echo "PYTHON=$(PYTHON) is not a Python 3.11 or newer with venv and sqlite3." >&2; exit 1; \
	  fi; \
	done; \
	echo "Hotline needs Python 3.11 or newer with its venv module (on Debian and Ubuntu: apt install python3 python3-venv)." >&2; \
	echo "Found none on the PATH; name one with: make PYTHON=/path/to/python3.11 …" >&2; \
	exit 1

$(VENV)/.run: requirements/run.lock | $(PY)
	@echo "Installing the locked packages …" >&2
	@$(PIP) install --no-deps --require-hashes -r $<
	@touch $@

$(VENV)/.dev: requirements/dev.lock | $(PY)
	@echo "Installing the locked packages for development …" >&2
	@$(PIP) install --no-deps --require-hashes -r $<
	@touch $(VENV)/.run $@

# Locked versions with their hashes, for every platform; no address of an index gets into the files.
# The index asked is the one that pip is configured with.

lock:
	@python3 -m venv $(VENV)-lock && $(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	@set -e; index="$$($(VENV)-lock/bin/python -m pip config get global.index-url 2>/dev/null || true)"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; \
	compile() { $(VENV)-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-emit-index-url --no-annotate "$$@"; }; \
	compile pyproject.toml --all-extras -o requirements/dev.lock; \
	compile pyproject.toml -c requirements/dev.lock -o requirements/run.lock; \
	for name in synapse mastodon fuzz sbom; do compile requirements/$$name.in -o requirements/$$name.lock; done
	@rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) $(VENV)-lock build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -not -path './.real/*' -prune -exec rm -rf {} +
