# Every target makes what it needs and does nothing twice; CI calls the same ones.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
PORT ?= 8000
# Only the plugins we use: pytest rewrites every module of the others' packages too, which costs a second at each start.
PYTEST := PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -p xdist.plugin -p pytest_asyncio.plugin -p pytest_timeout
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes

.PHONY: help up dev fix check test test-fast test-web e2e bench bench-web bench-peers docs screenshots web clean lock api chaos

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: $(STAMPS)/runtime web ## Start ConcertMaster with the demo, run it once, keep serving
	$(BIN)/concertmaster up --demo --port $(PORT)

dev: $(STAMPS)/dev web ## Serve the API; the UI with hot reload at the address that vite prints
	$(BIN)/concertmaster up --port $(PORT) & \
	trap 'kill $$!' EXIT; $(BIN)/python hatch_build.py run dev

fix: $(STAMPS)/dev ## Format and mend what can be mended by itself
	$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/python hatch_build.py run fix

check: $(STAMPS)/dev ## Format, lint, types, layers, file sizes; Python and web
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python tools/file_sizes.py
	$(BIN)/python hatch_build.py run check

test-fast: $(STAMPS)/dev ## Tests that need no server and no browser
	$(PYTEST) -n 2 -m "not server and not browser"

test-web: $(STAMPS)/dev ## Unit tests of the web UI
	$(BIN)/python hatch_build.py run test

e2e: $(STAMPS)/dev $(STAMPS)/browser web ## Browser tests in a real Chromium
	$(BIN)/python hatch_build.py install
	$(PYTEST) -m browser

test: check test-web $(STAMPS)/browser $(STAMPS)/postgres $(STAMPS)/mariadb $(STAMPS)/brokers web ## Everything
	$(PYTEST) -n 3

chaos: $(STAMPS)/dev $(STAMPS)/postgres web ## The long crash campaign and its report; CHAOS_KILLS=500 CHAOS_SEED=7 for more
	CHAOS_KILLS=$${CHAOS_KILLS:-200} $(PYTEST) -s tests/chaos

bench: $(STAMPS)/dev web ## Print the figures of docs/explanation/performance.md, as ratios in one run
	$(BIN)/python -m benchmarks

bench-web: $(STAMPS)/dev $(STAMPS)/browser web ## The editor and the views of runs in a browser, against React Flow alone and the budgets
	$(BIN)/python hatch_build.py install
	$(BIN)/python -m benchmarks.web

bench-peers: $(STAMPS)/dev ## The same workloads on other tools, each in an environment of its own; PEERS=dbos,restate
	$(BIN)/python -m benchmarks.peers "$(PEERS)"

screenshots: $(STAMPS)/dev $(STAMPS)/browser web ## Pictures of every page, light and dark, in build/screenshots
	$(BIN)/python tools/screenshots.py

docs: $(STAMPS)/dev ## Write docs/reference anew from the code
	$(BIN)/python tools/reference.py

web: $(STAMPS)/runtime ## Build the web UI if its sources changed
	@$(BIN)/python hatch_build.py

api: $(STAMPS)/dev ## Write the OpenAPI schema and the web UI's types of it anew
	$(BIN)/concertmaster openapi > web/src/api/openapi.json
	$(BIN)/python hatch_build.py run api

lock: $(STAMPS)/dev ## Resolve and hash the dependencies anew
	$(BIN)/python tools/lock.py

clean: ## Remove everything that was made
	rm -rf $(VENV) $(STAMPS) .bench-peers web/node_modules src/concertmaster/static build dist

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ConcertMaster needs Python 3.11 or newer; say which: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }

$(STAMPS)/runtime: $(VENV)/pyvenv.cfg pyproject.toml constraints/build.txt constraints/runtime.txt constraints/demo.txt constraints/node.txt
	@mkdir -p $(STAMPS)
	$(PIP) -r constraints/build.txt
	$(PIP) -r constraints/runtime.txt
	$(PIP) --no-build-isolation -r constraints/demo.txt
	@$(BIN)/python -c 'import hatch_build, sys; sys.exit(hatch_build.system_node() is None)' || $(PIP) -r constraints/node.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/runtime constraints/dev.txt
	$(PIP) -r constraints/dev.txt
	@touch $@

$(STAMPS)/postgres:
	@mkdir -p $(STAMPS)
	@bash tools/postgres.sh
	@touch $@

$(STAMPS)/mariadb:
	@mkdir -p $(STAMPS)
	@bash tools/mariadb.sh
	@touch $@

$(STAMPS)/brokers:
	@mkdir -p $(STAMPS)
	@bash tools/brokers.sh
	@touch $@

$(STAMPS)/browser:
	@mkdir -p $(STAMPS)
	@bash tools/browser.sh
	@touch $@
