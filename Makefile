# make serve    set up and serve at http://127.0.0.1:8000/ (HOST=, PORT= change it)
# make test     set up and run every test
# make check    style, types, canonical data
# make build    build a release of the facts
# make bench    this server beside its peers, about 10 minutes (ARGS='--trials 2500' for a tenth of the data)
# make lock     pin the dependencies anew (needs uv)

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
HOME_FOLDER := $(or $(SARCOGRAPH_HOME),.sarcograph)
FACTS := $(shell find ontology shapes data server/queries/examples loader -type f -not -path '*/__pycache__/*')

.PHONY: serve test check bench build lock clean
export HOST PORT

serve: $(HOME_FOLDER)/current
	@exec $(BIN)/sarcograph serve

build: .venv/ready
	$(BIN)/sarcograph build

test: .venv/ready check
	$(BIN)/pytest $(ARGS)

bench: .venv/ready
	$(BIN)/python -m tests.bench $(ARGS)

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sarcograph format --check

$(HOME_FOLDER)/current: .venv/ready $(FACTS)
	$(BIN)/sarcograph build
	@touch $@

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sarcograph needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--extra test pyproject.toml --output-file requirements.lock

clean:
	rm -rf .venv .sarcograph
