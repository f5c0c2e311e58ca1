# make help | setup | run | services | services-down | run-production | test | lint | bench | drills | requirements
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not ((3,11) <= sys.version_info < (3,14)))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
MANAGE := $(VENV)/bin/python manage.py
DEMO ?= 1
export PORT ?= 8000

.PHONY: help setup run restart restart-production services services-down run-production test lint bench drills requirements clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## create the environment in .venv
	@PYTHON="$(PYTHON)" sh portal/setup.sh base

run: setup ## start the portal with its sample company on http://127.0.0.1:8000 (PORT, PORTAL_DATA_DIR, DEMO=0)
	@if [ "$(DEMO)" != "0" ]; then $(MANAGE) demo --once; fi
	@exec $(MANAGE) up --port $(PORT)

restart: setup ## restart `make run` with the current code, without downtime
	@$(MANAGE) up --restart

services: setup ## start PostgreSQL, Redis and Weaviate on loopback, in the data folder (installs what is missing)
	@$(VENV)/bin/python -m portal.operations.services up

services-down: ## stop these services; their data stays
	@$(VENV)/bin/python -m portal.operations.services down

run-production: setup ## start the portal on these services: two web processes, a worker per queue, beat (PORT, DEMO=0)
	@exec $(VENV)/bin/python -m portal.operations.services run --port $(PORT) $(if $(filter-out 0,$(DEMO)),--demo)

restart-production: setup ## restart `make run-production` with the current code, without downtime
	@$(VENV)/bin/python -m portal.operations.services manage up --restart

test: ## run all tests (PART=unit without servers and browser, PART=service, PART=browser)
	@PYTHON="$(PYTHON)" sh portal/setup.sh test
	@PART="$(PART)" sh tests/run.sh

lint: ## check style and the order of imports
	@PYTHON="$(PYTHON)" sh portal/setup.sh test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports

bench: ## run the benchmarks: metrics as JSON, each with its target
	@PYTHON="$(PYTHON)" sh portal/setup.sh test
	@$(VENV)/bin/python -m tests.benchmarks.bench

drills: ## run the failure drills: break parts of the production setup while people work (DRILLS="worker postgres", DRILL_DOCUMENTS=300)
	@PYTHON="$(PYTHON)" sh portal/setup.sh test
	@$(VENV)/bin/python -m portal.operations.services install PostgreSQL Redis Weaviate
	@$(VENV)/bin/python -m tests.drills $(DRILLS)

requirements: ## compile the pinned, hashed requirements after a change of pyproject.toml (needs uv)
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links -o requirements/base.txt
	uv pip compile -q pyproject.toml --group test -c requirements/base.txt --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-emit-find-links -o requirements/test.txt

clean: ## remove the environment; data in var/ stays
	rm -rf $(VENV)
