# kubedyno: every task of the project. "make" alone lists them.

GO      ?= go
BIN     := bin/kubedyno
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  ?= $(shell git rev-parse --short HEAD 2>/dev/null)
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT)
PACKAGES := ./cmd/... ./kwok/... ./results/... ./reporter/... ./runner/... ./scenarios/...

export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help build controlplane karpenter demo test race lint bench bench-report bench-compare bench-alike bench-slower held-out scale search-agreement fuzz update verify clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: $(BIN) ## build bin/kubedyno

$(BIN): FORCE
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/kubedyno

controlplane: $(BIN) ## build the control plane into the cache (minutes, the first time)
	$(BIN) controlplane build

karpenter: controlplane ## build Karpenter into the cache, for spec.cluster.karpenter (2 to 5 minutes, the first time)
	$(BIN) controlplane build --karpenter

demo: controlplane ## run the quickstart scenario and write its report
	$(BIN) run quickstart

test: karpenter ## run all tests, those on the real control plane and on Karpenter included
	$(GO) vet $(PACKAGES)
	$(GO) test -count=1 -timeout 15m $(PACKAGES)
	cd kwok/controlplane && $(GO) test -trimpath -count=1 ./...
	cd kwok/karpenter && $(GO) test -trimpath -count=1 ./...

race: controlplane ## run all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -count=1 -timeout 30m $(PACKAGES)

lint: ## vet for three systems, staticcheck, gofmt
	$(GO) vet $(PACKAGES)
	GOOS=darwin $(GO) vet $(PACKAGES)
	GOOS=windows $(GO) vet $(PACKAGES)
	$(GO) tool staticcheck $(PACKAGES)
	@test -z "$$(gofmt -l cmd kwok results reporter runner scenarios)" || { gofmt -d cmd kwok results reporter runner scenarios; exit 1; }

bench: ## run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem $(PACKAGES)

bench-report: ## measure a report of 10 million requests, and its memory (a minute)
	$(GO) test -run '^$$' -bench Report -benchtime 3x -timeout 20m ./reporter/page

bench-compare: bench-alike bench-slower ## evaluate the words of a comparison on real runs (about 12 minutes on two quiet cores)

ALIKE  ?= results/runs/bench-alike
SLOWER ?= results/runs/bench-slower

# Runs of one scenario, split into halves in all ways: how often is a figure called changed?
bench-alike: controlplane
	rm -rf $(ALIKE)
	$(BIN) run api/latency --set nodes=5 --set deployments=4 --set rate=100 --set duration=15s --repeat 12 --out $(ALIKE) \
		|| case $$? in 1|5) ;; *) exit 1 ;; esac # Whether objectives are met is not the question.
	KUBEDYNO_ALIKE=$(abspath $(ALIKE)) $(GO) test -count=1 -run '^TestAlike$$' -v ./results/compare

# Every pod starts a fifth more slowly: it must be called regressed, which is exit code 1.
bench-slower: controlplane
	rm -rf $(SLOWER)
	$(BIN) run pods/steady --compare-set startup=1.2s --compare-set tail=3.6s --fail-on regressed,too-few --out $(SLOWER); test $$? -eq 1
	grep -q '"verdict": "regressed"' $(SLOWER)/compare.json

HELD_OUT ?= results/runs/held-out
SIZES    ?= 200 400 700 1000 1400 2000
LARGE    ?= 5000

# Each size is a run of its own. The last command fits them all, and tells for each quantity what the smaller
# runs predict for the large ones, and what these measured.
held-out: controlplane ## predict 5,000 nodes from 2,000 and fewer, then measure them (about 15 minutes)
	rm -rf $(HELD_OUT)
	mkdir -p $(HELD_OUT)
	for n in $(SIZES); do $(BIN) run limits/nodes --set nodes=$$n --out $(HELD_OUT)/$$n || case $$? in 1|5) ;; *) exit 1 ;; esac; done
	$(BIN) plan-capacity $(HELD_OUT) --nodes $(LARGE) --out $(HELD_OUT)/prediction.html || case $$? in 1|5) ;; *) exit 1 ;; esac
	for n in 1 2; do $(BIN) run limits/nodes --set nodes=$(LARGE) --out $(HELD_OUT)/$(LARGE)-$$n || case $$? in 1|5) ;; *) exit 1 ;; esac; done
	$(BIN) plan-capacity $(HELD_OUT) --out $(HELD_OUT)/held-out.html

SCALE ?= results/runs/scale

scale: controlplane ## 10,000 nodes and 50,000 pods, and by arithmetic what 100,000 would take (about 35 minutes)
	rm -rf $(SCALE)
	$(BIN) run nodes/scale --out $(SCALE) || case $$? in 1|5) ;; *) exit 1 ;; esac
	$(BIN) plan-capacity $(SCALE) --nodes 100000 --pods 500000 --out $(SCALE)/arithmetic.html || test $$? -eq 5

SEARCHES ?= results/runs/search-agreement
SEARCH   ?= limits/api-rate

search-agreement: controlplane ## make the same search five times: how often do its bounds agree? (about 40 minutes)
	rm -rf $(SEARCHES)
	mkdir -p $(SEARCHES)
	for n in 1 2 3 4 5; do $(BIN) search $(SEARCH) --out $(SEARCHES)/$$n || case $$? in 1|5) ;; *) exit 1 ;; esac; done
	KUBEDYNO_SEARCHES=$(abspath $(SEARCHES)) $(GO) test -count=1 -run '^TestAgreement$$' -v ./results/search

fuzz: ## fuzz every parser for 20 s
	@for target in $$(grep -rl --include='*_test.go' 'func Fuzz' cmd kwok results reporter runner scenarios | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -hoE 'func Fuzz[A-Za-z]+' $$target/*_test.go | cut -d' ' -f2); do \
			$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 20s ./$$target || exit 1; done; done

update: ## write every golden and generated file anew (its twin is verify)
	$(GO) test ./kwok/builder -run Archive -update
	@for package in $$(grep -rl --include='*_test.go' 'flag.Bool("update"' cmd kwok results reporter runner scenarios | xargs -n1 dirname | sort -u | grep -v kwok/builder); do \
		$(GO) test -short ./$$package -update || exit 1; done
	$(GO) mod tidy

verify: ## fail if update would change anything
	$(MAKE) update
	git diff --exit-code

clean: ## remove what make built; the cache stays
	rm -rf bin
