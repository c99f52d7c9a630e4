# Holdfast. `make` alone lists what there is.
#
# Nothing is needed before `make demo` and `make test` but Go and make: both look
# for what they need and install it after saying so (tools/need.sh).

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Targets share the Go build cache and two cores; they gain nothing by running at once.
.NOTPARALLEL:

GO       ?= go
LINT     := $(GO) tool -modfile=tools/lint.mod golangci-lint
PGSERVER := $(GO) run ./internal/pgtest/cmd/pgtestserver --

# PKG and TESTFLAGS narrow what is tested: make test PKG=./engine/... TESTFLAGS='-run Held -v'
# The order is that in which packages begin: what takes longest first, so that no core
# waits for it at the end.
PKG       ?= ./web/... ./cmd/... ./engine ./...
TESTFLAGS ?=
# ARGS is passed on to `holdfast demo`: make demo ARGS=--once
ARGS ?=
# FUZZ is how long make fuzz tries each target: 30s, 10m
FUZZ ?= 30s
# TORTURE is how long one round of make torture goes on: 5m, 2h
TORTURE ?= 2m

# Modules of their own inside the tree, tested with the rest. There may be none.
MODULES := $(patsubst %/go.mod,%,$(shell find . -mindepth 2 -name go.mod -not -path '*/.*' -not -path '*/node_modules/*'))

.PHONY: help
help: ## List the targets
	@echo 'Holdfast: retention policies and legal holds for PostgreSQL, with evidence.'
	@echo
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: need-demo build ## Show the whole product on a demo database of its own (ARGS=--once ends after the run)
	@exec bin/holdfast demo $(ARGS)

# Three packages at once: tests wait for each other, for other processes and for time-outs,
# and with two a fifth of two cores stood idle.
.PHONY: test
test: need-test ## Run every test, race detector on, against one real PostgreSQL that it starts itself
	CGO_ENABLED=1 tools/ram.sh $(PGSERVER) tools/test.sh '$(GO) test -p 3 -race -vet=off -ldflags=-w -timeout 30m $(TESTFLAGS)' '$(PKG)' $(MODULES)

# A million events behind are left to make soak.
.PHONY: test-long
test-long: need-test ## Run every case of the tests that have many: make test has every second one
	HOLDFAST_LONG=1 tools/ram.sh $(PGSERVER) $(GO) test -p 2 -vet=off -count=1 -timeout 60m -skip '^TestManyEventsBehind' $(TESTFLAGS) ./web ./engine ./engine/target ./engine/sqlgen

.PHONY: torture
torture: need-demo ## Try for a while to break the promises, then plant bugs and find them (TORTURE sets how long a round is)
	HOLDFAST_TORTURE=$(TORTURE) $(PGSERVER) $(GO) test -count=1 -timeout 24h -v -run '^TestTorture$$' ./cmd/holdfast
	HOLDFAST_TORTURE_MUTANTS=1 HOLDFAST_TORTURE=20s $(PGSERVER) $(GO) test -count=1 -timeout 24h -v -run '^TestTortureFindsPlantedBugs$$' ./cmd/holdfast

.PHONY: fuzz
fuzz: ## Try inputs that nobody thought of on every fuzz target (FUZZ sets how long on each)
	@tools/need.sh cc
	CGO_ENABLED=1 tools/fuzz.sh '$(GO) test -vet=off' '$(FUZZ)'

.PHONY: soak
soak: need-test ## Run the tests that have a long form in it: a million events behind, more kills, a thousand random worlds
	@tools/need.sh nats
	HOLDFAST_LONG=1 $(PGSERVER) $(GO) test -count=1 -timeout 4h -v -run '^(TestManyEventsBehind|TestWhatIsGone|TestATableLockedForMinutes)' ./engine ./cmd/holdfast
	HOLDFAST_MODEL_WORLDS=1000 $(PGSERVER) $(GO) test -count=1 -timeout 4h -run '^TestRunsDoWhatAModelSays$$' ./engine/target

.PHONY: test-short
test-short: need-demo ## Run the tests that take moments, without the race detector
	$(PGSERVER) $(GO) test -short $(TESTFLAGS) $(PKG)

.PHONY: bench
bench: need-demo ## Measure runs beside one raw statement, bystanders, figures, a scrape, and what idling costs (BENCH_ROWS, BENCH_PAIRS, BENCH_IDLE_SECONDS, BENCH_BYSTANDER_SECONDS set the size)
	$(GO) test -p 1 -run '^$$' -bench . -benchtime 1x -timeout 2h ./engine ./store ./internal/metrics ./cmd/holdfast

.PHONY: bench-events
bench-events: need-demo ## Measure deliveries to a webhook and to NATS (BENCH_EVENTS sets how many)
	@tools/need.sh nats
	$(GO) test -run '^$$' -bench BenchmarkDelivery -benchtime 1x -timeout 30m ./cmd/holdfast

.PHONY: lint
lint: ## Check the code with golangci-lint (.golangci.yml; its first build takes minutes)
	$(LINT) run

.PHONY: generate
generate: ## Make what is generated: pages from *.templ, API types from openapi.yaml
	$(GO) tool templ generate -path web
	$(GO) generate ./api/oapi

.PHONY: check-generated
check-generated: ## Fail if what is generated is not what is committed
	tools/check-generated.sh $(MAKE)

.PHONY: screenshots
screenshots: need-test ## Take a picture of every page into shots/, in every state that the tests look at
	rm -rf shots
	HOLDFAST_PICTURES='$(CURDIR)/shots' $(PGSERVER) $(GO) test -count=1 -run '^TestEveryPageIsAccessible$$' ./web

.PHONY: readme-pictures
readme-pictures: need-test ## Take the README's pictures (docs/images) of the demo
	HOLDFAST_PICTURES='$(CURDIR)/docs/images' $(GO) test -count=1 -run '^TestDemoShowsItsRunInTheBrowser$$' ./cmd/holdfast

.PHONY: build
build: ## Build bin/holdfast, a static binary
	@echo 'Building bin/holdfast (the first time takes a minute) …'
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/holdfast ./cmd/holdfast

.PHONY: tidy
tidy: ## Bring go.mod and the code's format in order
	$(GO) mod tidy
	$(LINT) fmt

# What the targets above need of the machine; each installs what is missing.
.PHONY: need-demo need-test
need-demo:
	@tools/need.sh postgres

need-test:
	@tools/need.sh postgres psql cc chromium curl promtool nats
