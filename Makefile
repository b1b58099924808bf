# Each target makes its own environment in .venv; nothing but Python 3.11+ and make is assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TYPING := .build/typing/interlock
PACKAGES := interlock.schemas interlock.rulebook interlock.interpreter interlock.cli

.PHONY: demo test prove lint types bench docs clean

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Interlock needs Python 3.11 or newer; say make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# mypy does not follow the import hook of an editable install, so it reads links to the folders.
$(TYPING): $(READY)
	mkdir -p $@
	for folder in schemas rulebook interpreter cli policies; do ln -sfn "$(CURDIR)/$$folder" "$@/$$folder"; done
	touch $@

demo: $(READY)
	$(BIN)/python -m interlock.cli.demo

test: $(READY)
	$(BIN)/python -m pytest -n auto

# As many seeds and kills as one has patience for: make prove SEEDS=1000 KILLS=50.
SEEDS ?= 100000
KILLS ?= 1000
prove: $(READY)
	PYTHONPATH=tests $(BIN)/python -m simulation.prove --seeds $(SEEDS)
	INTERLOCK_KILLS=$(KILLS) $(BIN)/python -m pytest -n auto -q tests/faults/test_sigkill.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(TYPING)
	$(BIN)/mypy $(addprefix -p ,$(PACKAGES))

bench: $(READY)
	for script in $$(grep -l "^if __name__" benchmarks/*.py); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(READY)
	$(BIN)/python -m interlock.cli.reference --write

clean:
	rm -rf $(VENV) .build build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
