# The verbs of the project: `make help`. Python 3.11 or later and make are all that must be there beforehand.

STACK ?= main
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

RUN := .venv/bin/python
DEV := $(RUN) -m terresante_dev

.DEFAULT_GOAL := help
.PHONY: help ready up down status logs token trace story test check charts scan alerts test-cluster audit bench bench-directory bench-identity bench-messaging generate pictures verify-journal reset

help: ## Show the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  STACK=name works on another stack than 'main'; everything it writes is in .run/name/."

ready:
	@$(if $(PYTHON),$(PYTHON),$(error Python 3.11 or later is needed: none of python3, python3.11 ... is)) \
		dev/src/terresante_dev/bootstrap.py

up: ready ## Start everything, and say where it is and who to log in as (REPLICAS=2; ONLY=postgres,nats)
	@$(DEV) up --stack $(STACK) $(if $(REPLICAS),--replicas $(REPLICAS)) $(if $(ONLY),--only $(ONLY))

down: ready ## Stop gracefully; the data are kept
	@$(DEV) down --stack $(STACK)

status: ready ## Show each part: state, version, memory, age of its oldest unsent event
	@$(DEV) status --stack $(STACK)

logs: ready ## Show the last lines of the logs (PART=consent, FOLLOW=1)
	@$(DEV) logs --stack $(STACK) $(if $(PART),--part $(PART)) $(if $(FOLLOW),--follow)

reset: ready ## Stop, and remove all that the stack kept
	@$(DEV) reset --stack $(STACK)

token: ready ## Print an access token (WHO=a persona of make up)
	@$(DEV) token --stack $(STACK) $(or $(WHO),$(error WHO=... says whose token: make up lists them))

trace: ready ## Print all that one trace id touched, as a tree (ID=...)
	@$(DEV) trace --stack $(STACK) $(or $(ID),$(error ID=... says which: a trace id or a traceparent))

story: ready ## Play the story through the gateway, one line a step; it fails at the step that isn't true
	@$(RUN) -m terresante_dev.story --stack $(STACK)

verify-journal: ready ## Check the access journal of a running stack, and name a row that was tampered with
	@$(RUN) -m terresante_dev.verify_journal --stack $(STACK)

test: ready ## Run all tests on real components, the whole platform's beside the others (TESTS=path; LONG=1: the long ones too)
	@$(RUN) -m terresante_dev.proving $(if $(LONG),,-m "not long") $(TESTS)

check: ready ## Lint, types, imports, contracts, generated files, licences: all that needs no running stack
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy libs/*/src gateway/src dev/src services/*/src deploy/docker deploy/helm
	@.venv/bin/lint-imports
	@cd proto && ../.venv/bin/buf lint && ../.venv/bin/buf format -d --exit-code >/dev/null
	@cd proto && ../.venv/bin/buf breaking --against "../.git#ref=$$(git rev-list HEAD -- buf.yaml | tail -1),subdir=proto"
	@$(RUN) proto/generate.py --check
	@$(RUN) -m terresante_dev.configuration --check
	@$(RUN) -m terresante_gateway.openapi --check
	@$(RUN) deploy/helm/schema.py --check
	@$(RUN) deploy/helm/dashboards.py --check
	@$(RUN) deploy/helm/lint.py
	@$(RUN) -m terresante_dev.licences

charts: ready ## Run the tests of the Helm chart: rendering, schemas, policies, alerts (no cluster)
	@$(RUN) -m pytest tests/charts

scan: ready ## Have checkov look at all that the chart renders (fetches it from PyPI the first time)
	@$(RUN) deploy/helm/scan.py

alerts: ready ## Play the tests of the alerts with Prometheus's promtool (PROMTOOL=path; else from the PATH)
	@$(RUN) deploy/helm/alerts.py $(PROMTOOL)

test-cluster: ready ## Prove the chart on the cluster of KUBECONFIG (CLAIMS="install test"; FIRST=tag, NEXT=tag, RATE=50, SECONDS=180)
	@$(RUN) deploy/helm/prove.py $(if $(FIRST),--first $(FIRST)) $(if $(NEXT),--next $(NEXT)) $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) $(CLAIMS)

audit: ready ## Known vulnerabilities of the locked packages (asks PyPI's advisory database, so it needs a way there)
	@.venv/bin/pip-audit --skip-editable --progress-spinner off

bench: ready ## Measure against the budgets, with the baselines in the same run
	@$(RUN) -m bench

bench-directory: ready ## Measure the directory of a region beside the same SQL bare (filled once, kept in .run)
	@$(RUN) -m bench.directory

bench-messaging: ready ## Measure conversations and the feed, two replicas (filled once, kept in .run; PARTS="live cut")
	@$(RUN) -m bench.messaging $(PARTS)

bench-identity: ready ## Measure matching beside Splink on the same files (SIZE=60k|1m|12m)
	@$(PYTHON) dev/src/terresante_dev/bootstrap.py bench-identity
	@$(RUN) bench/identity/sets.py $(or $(SIZE),60k)
	@$(RUN) -m bench.identity all --size $(or $(SIZE),60k)

pictures: ready ## Draw the pictures of docs/directory.md anew, on a sandbox that is started for it and removed
	@$(RUN) -m terresante_dev.pictures

generate: ready ## Write again what is generated: protobuf code, realms, OpenAPI, docs/configuration.md, the chart's schema and dashboards
	@$(RUN) proto/generate.py
	@$(RUN) deploy/keycloak/realms.py
	@$(RUN) -m terresante_dev.configuration
	@$(RUN) -m terresante_gateway.openapi
	@$(RUN) deploy/helm/schema.py
	@$(RUN) deploy/helm/dashboards.py
