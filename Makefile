# Two commands: `make run` and `make test`. Each makes the environment it needs on a machine with Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := var/demo
SIZE ?= 1M
# How many processes run the tests; 0 is this one alone. What is dear to make is made by one of them (tests/conftest.py).
WORKERS ?= 2

export DO_NOT_TRACK = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run test test-full test-spark spark-cluster ui bench lint requirements clean

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Relance needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

run: $(READY)
	@test -f $(DEMO)/relance.yml || $(BIN)/relance demo $(DEMO)
	@$(BIN)/relance run --config $(DEMO)/relance.yml

test: $(READY)
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder

# In an environment of its own: whoever does not use Spark does not carry its 400 MB.
SPARK_READY := .venv-spark/.ready
$(SPARK_READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv-spark
	.venv-spark/bin/python -m pip install --quiet --requirement requirements.txt
	.venv-spark/bin/python -m pip install --quiet --editable ".[spark]" --constraint requirements.txt
	touch $@

test-spark: $(SPARK_READY)
	.venv-spark/bin/python -m pytest -m spark tests/spark

# One master and two workers on this machine, until Ctrl+C: `warehouse.spark.master: spark://127.0.0.1:7077`.
spark-cluster: $(SPARK_READY)
	.venv-spark/bin/python -m dagster_project.spark.cluster

test-full: $(READY)
	$(BIN)/python -m pytest -m "not spark" --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder

ui: $(READY)
	@test -f $(DEMO)/relance.yml || $(BIN)/relance demo $(DEMO)
	RELANCE_CONFIG="$${RELANCE_CONFIG:-$(DEMO)/relance.yml}" $(BIN)/relance ui

bench: $(READY)
	$(BIN)/python -m bench --size $(SIZE)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

requirements:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra test --universal --python-version 3.11 \
		--no-emit-index-url --no-annotate --no-header --output-file requirements.txt

clean:
	rm -rf var $(VENV) .venv-spark
