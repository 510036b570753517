# Two commands matter: `make run` serves on http://127.0.0.1:7071, `make test` runs every test.
# Everything is installed into the checkout, by local/setup. Progress goes to stderr.

PYTHON ?= python3
# onnxruntime sends telemetry to Microsoft unless this is 1 before it is imported.
export ORT_DISABLE_TELEMETRY ?= 1
RUN := .venv/bin/python -m
SETUP := $(PYTHON) -c "" 2>/dev/null || { \
    echo "$(PYTHON) does not run: sudo apt-get install python3-venv, or give PYTHON=…" >&2; exit 1; }; \
    exec $(PYTHON) -m local.setup

SOAK ?=
# Processes that tests run in, a file at a time each; WORKERS=0 runs them in one after another.
WORKERS ?= 2
PYTEST := pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help run test soak unit coverage check format models portraits bench mutants accuracy docs images package snapshots \
    lock clean wipe setup-run setup-models setup-python setup-test

help: ## lists the commands
	@sed -n 's/^\([a-z]*\):.* ## \(.*\)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

run: setup-run ## serves on this machine; TLS=1 serves https
	@exec $(RUN) local

test: setup-test ## runs every test
	@exec $(RUN) $(PYTEST) $(PYTEST_ARGS)

# SOAK="kills fuzzing" runs only these; SOAK_SECONDS=600 is the time of each fuzzer, SOAK_UPLOADS=1000
# the number of images that are dropped at once.
soak: setup-test ## kills, hostile input, fuzzing and peaks of memory, for hours; SOAK="kills" only that
	@exec $(RUN) tests.soak $(SOAK)

unit: setup-test ## runs the unit tests
	@exec $(RUN) $(PYTEST) tests/unit $(PYTEST_ARGS)

coverage: setup-test ## runs the unit tests and prints how much of the service they cover
	@exec $(RUN) $(PYTEST) tests/unit --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

check: setup-python ## ruff, ruff format, mypy strict
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy

format: setup-python ## auto-fixes lint and format
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

models: setup-models ## builds the models and verifies their hashes
	@$(RUN) tools.build.models 1>&2

portraits: setup-run ## fetches the credited portraits that tests use
	@$(RUN) tools.build.portraits 1>&2

bench: setup-test ## prints every figure of speed; QUICK=1 for a short one, PEERS=0 without other programs
	@exec $(RUN) tools.measure.speed

# ROOM=shared/services/deletion, or another room that has unit tests; takes hours.
mutants: setup-test ## mutates a room and prints the mutants that its own tests let live
	@exec $(RUN) tools.measure.mutants $(ROOM)

# Needs the reference images (DATA=…, see docs/data.md); ACCURACY="landmarks head-pose" measures
# only those.
accuracy: setup-test ## prints accuracy on the reference images
	@exec $(RUN) tools.measure.accuracy $(ACCURACY)

docs: setup-python ## writes the tables of settings and operations into the documentation
	@$(RUN) tools.document

images: setup-test ## draws the images of the README; those of the console need Chromium
	@$(RUN) tools.readme_image
	@$(RUN) tools.console_screenshots

package: setup-models ## builds the zip that Azure gets
	@exec $(RUN) tools.package

# Needs Bicep 0.49.2 in $BICEP, on PATH or in ../shared/tools/bicep.
snapshots: setup-python ## compiles infra/ and evaluates the deployments of tests/infra anew
	@exec $(RUN) tools.templates.artifacts

# Needs `uv` on the PATH.
PIN := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate \
    --custom-compile-command "make lock"
lock: ## pins the dependencies anew, with hashes
	$(PIN) requirements.in -o requirements.txt
	$(PIN) requirements-local.in -o requirements-local.txt
	$(PIN) requirements-dev.in -o requirements-dev.txt
	$(PIN) requirements-build.in -o requirements-build.txt

clean: ## removes what was installed and built, never what the service stored
	rm -rf .venv models/*.onnx local/emulator/azurite/azurite.cjs local/emulator/azurite/.installed
	rm -rf local/emulator/azurite/node_modules tests/clients/javascript/node_modules
	rm -rf .build .mypy_cache .pytest_cache .ruff_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

wipe: ## deletes what the service stored on this machine; asks first
	@exec $(RUN) local.wipe

setup-run:
	@$(SETUP) run

setup-models:
	@$(SETUP) models

setup-python:
	@$(SETUP) python

setup-test:
	@$(SETUP) test
