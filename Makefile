# The verbs of this house. `make` alone builds.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME    ?= 30s
SCENARIO    ?= manual

.PHONY: build test race lint fuzz bench vuln clean

# One static program: no C, no libraries to find at run time.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/sonde ./cmd/sonde

test:
	$(GO) test ./...

race:
	$(GO) test -race -short ./...

lint:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on:" $$unformatted; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

# Every fuzz target in turn, FUZZTIME each.
fuzz:
	@.ci/fuzz $(FUZZTIME)

# bench/doc.go lists what SCENARIO may be; more flags in ARGS.
bench: build
	$(GO) run ./bench -sonde bin/sonde $(ARGS) $(SCENARIO)

# Known vulnerabilities of what we build on; asks vuln.go.dev.
vuln:
	$(GO) run $(GOVULNCHECK) ./...

clean:
	rm -rf bin bench/out
