# ClickQL. `make help` lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help

GOLANGCI_VERSION := v2.15.0
GOLANGCI := .tools/golangci-lint-$(GOLANGCI_VERSION)
GOVULNCHECK_VERSION := v1.9.0
GOVULNCHECK := .tools/govulncheck-$(GOVULNCHECK_VERSION)
CYCLONEDX_VERSION := v1.10.0
CYCLONEDX := .tools/cyclonedx-gomod-$(CYCLONEDX_VERSION)

# What npm brings: the embedded ClickHouse, and the bundle of the pages. Each
# stamp is newer than what it was made from.
ENGINE := internal/engine/npm/node_modules/.package-lock.json
WEB := internal/server/web/dist/.stamp
CLIENTS := clients/node_modules/.package-lock.json
EMBEDS := clients/embeds/node_modules/.package-lock.json
NPM_CI := npm ci --no-audit --no-fund --loglevel=error

.PHONY: help demo build test test-cluster test-shards site-test site-figures clients generate lint vulns bench settings scale coverage sbom reproducible clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: build ## fill an embedded ClickHouse with sample data and serve it on http://127.0.0.1:8080
	@bin/clickql serve --demo

build: $(ENGINE) $(WEB) ## build bin/clickql with everything it needs
	go build -o bin/clickql ./cmd/clickql

test: build ## run every test, on a real ClickHouse
	go test -timeout 40m ./...

test-cluster: $(ENGINE) ## run the tests that need replicas, on the hosts that CLUSTER names (docs/CLUSTER.md)
	go test -tags cluster$(FAULTS) -count 1 -timeout 90m ./internal/clustertest

test-shards: $(ENGINE) ## run the tests that need shards, on the hosts that CLUSTER names (docs/CLUSTER.md)
	go test -tags shards$(FAULTS) -count 1 -timeout 90m ./internal/clustertest

# Where CLUSTER_CONTROL can kill and pause the hosts, they are.
FAULTS = $(if $(CLUSTER_CONTROL),$(comma)clustercontrol)
comma := ,
export CLUSTER CLUSTER_CONTROL

site-test: build $(EMBEDS) ## try every page in Chromium, on a gateway of its own, and embeds in the pages of other tools
	cd internal/server/web && npm run --silent test

site-figures: build ## measure what pages cost and how soon they react, and write it into docs/SITE.md
	cd internal/server/web && npm run --silent measure

clients: build $(CLIENTS) ## let Apollo, urql, Relay, graphql-codegen, graphql-ws, graphql-sse, genqlient and a federation router ask a running gateway
	node clients/run.mjs

generate: $(WEB) ## make generated code anew
	go generate ./...

lint: $(GOLANGCI) ## check style, and that packages import only what they may
	$(GOLANGCI) run ./...
	$(GOLANGCI) run --build-tags shards,clustercontrol ./internal/clustertest/...
	go mod verify >/dev/null
	go mod tidy -diff
	@$(MAKE) --no-print-directory vulns

vulns: $(GOVULNCHECK) ## ask Go's database of vulnerabilities, where it can be reached
	@out=$$($(GOVULNCHECK) ./... 2>&1) && status=0 || status=$$?; \
	if printf '%s' "$$out" | grep -q 'fetching vulnerabilities'; then \
	  echo "govulncheck: its database cannot be reached from here: nothing was checked"; \
	else printf '%s\n' "$$out"; exit $$status; fi

sbom: build $(CYCLONEDX) ## list what the binary holds, as CycloneDX, in bin/*.cdx.json
	$(CYCLONEDX) app -json -licenses -main cmd/clickql -output bin/clickql-go.cdx.json .
	cd internal/server/web && npm sbom --sbom-format cyclonedx --omit dev --package-lock-only > $(CURDIR)/bin/clickql-npm.cdx.json

reproducible: build ## build this commit twice, in two folders, and compare the binaries
	@rm -rf bin/again && git clone -q . bin/again && cp -R internal/server/web/dist bin/again/internal/server/web/
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/clickql-first ./cmd/clickql
	cd bin/again && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o ../clickql-second ./cmd/clickql
	cmp bin/clickql-first bin/clickql-second && sha256sum bin/clickql-first && rm -rf bin/again bin/clickql-second

bench: build ## measure speed and memory as ratios, and write docs/BENCHMARKS.md (three quarters of an hour)
	go run ./internal/bench

settings: build ## load with one setting after another, and write docs/LOADING.md
	go run ./internal/bench -sections settings

scale: build ## follow what each part costs as the downloads grow, and write docs/SCALE.md (an hour; -scale-rows has other sizes; goes on where it was ended)
	go run ./internal/bench -sections scale

coverage: build ## load 50 million downloads to see what the aggregates cost and answer, and write docs/COVERAGE.md (half an hour)
	go run ./internal/bench -sections coverage -days 10

clean: ## remove everything that was built, the demo's data too
	rm -rf bin .tools .clickql .clickql-bench internal/engine/npm/node_modules internal/server/web/node_modules internal/server/web/dist clients/node_modules clients/embeds/node_modules

$(ENGINE): internal/engine/npm/package.json internal/engine/npm/package-lock.json
	cd internal/engine/npm && $(NPM_CI)
	@touch $@

$(WEB): internal/server/web/package.json internal/server/web/package-lock.json $(shell find internal/server/web/src -type f -not -path '*/gql/*') $(wildcard internal/server/web/*.mjs internal/server/web/tsconfig.json internal/server/examples/*) internal/pypi/endoflife.json schema.graphqls
	cd internal/server/web && $(NPM_CI) && npm run --silent build
	@touch $@

$(CLIENTS): clients/package.json clients/package-lock.json
	cd clients && $(NPM_CI)
	@touch $@

$(EMBEDS): clients/embeds/package.json clients/embeds/package-lock.json
	cd clients/embeds && $(NPM_CI)
	@touch $@

$(GOLANGCI):
	GOBIN=$(CURDIR)/.tools/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv .tools/bin/golangci-lint $@

$(GOVULNCHECK):
	GOBIN=$(CURDIR)/.tools/bin go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)
	@mv .tools/bin/govulncheck $@

$(CYCLONEDX):
	GOBIN=$(CURDIR)/.tools/bin go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX_VERSION)
	@mv .tools/bin/cyclonedx-gomod $@
