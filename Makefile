# Keyrack. `make run` and `make test` are all a newcomer needs; both install what is missing and say so.

# One place for everything that is compiled: RocksDB takes minutes, and serves run, test and bench alike.
export CARGO_TARGET_DIR ?= $(CURDIR)/target
BIN := $(CARGO_TARGET_DIR)/release
DATA ?= keyrack-dev
ARGS ?=

.PHONY: help run test sim jepsen jepsen-short recall fuzz bench bench-receipts bench-abuse build release sbom check setup verifiers clean-data

help:
	@echo "make run     three nodes on this machine, with sample hotels (data in $(DATA))"
	@echo "make test    all checks and tests"
	@echo "make jepsen  real processes under all faults: the matrix (hours; ARGS='--seconds 60 --nemesis power-all,clock')"
	@echo "make jepsen-short   a few minutes of it"
	@echo "make sim     the replicated core in simulated time, with faults (ARGS='seeds --count 2000 --jobs 2')"
	@echo "make bench   measure three durable nodes: all mixes, HTTP and gRPC (ARGS='--seconds 5' is quicker)"
	@echo "make recall  plant bugs in a copy of the sources: do the tests find them? (ARGS='--list', ARGS='--check', ARGS='--bug NAME')"
	@echo "make fuzz    every decoder against made-up bytes (ARGS='60 receipt': seconds each, targets)"
	@echo "make bench-receipts   the receipts' tree alone: appends, proofs, ten million leaves on disk"
	@echo "make bench-abuse   what slow connections and a flooding channel cost the others"
	@echo "make build   compile keyrackd and keyrack into $(BIN)"
	@echo "make release the same, with the list of all dependencies inside (cargo auditable)"
	@echo "make sbom    a bill of materials (CycloneDX) of both, in target/sbom"
	@echo "make check   format, lints, docs, licences"

setup:
	@scripts/setup

build: setup
	@echo "==> compiling keyrackd and keyrack (the first time RocksDB too: about 10 minutes on 2 cores)"
	cargo build --release --locked --workspace --bins

# For those who ship: `cargo audit bin keyrackd` tells later, without the sources, what was known of its parts.
release: setup
	@command -v cargo-auditable >/dev/null || { echo "==> installing cargo-auditable"; cargo install --locked --quiet cargo-auditable; }
	cargo auditable build --release --locked --workspace --bins

sbom: setup
	@command -v cargo-cyclonedx >/dev/null || { echo "==> installing cargo-cyclonedx"; cargo install --locked --quiet cargo-cyclonedx; }
	@scripts/sbom

run: build
	@echo "==> keyrackd and keyrack are in $(BIN)"
	@PATH="$(BIN):$$PATH" $(BIN)/keyrackd dev --data $(DATA) $(ARGS)

test: build check verifiers
	@echo "==> tests: the pure core, the codecs, the cluster, then real processes over real sockets"
	KEYRACK_BIN_DIR=$(BIN) cargo nextest run --release --locked --workspace $(ARGS)
	cargo test --release --locked --workspace --doc

# Which planted bugs are found by which tests. The copy has a target folder of its own, where RocksDB is compiled once more.
recall: setup
	cargo build --release --locked --workspace --bins
	$(BIN)/keyrack-jepsen recall $(ARGS)

# Other people's verifiers of receipts: Go's and PyPI's.
verifiers:
	@tests/verifiers/install

fuzz: setup
	@scripts/fuzz $(ARGS)

# The simulation: the cluster's own code over a made-up network, disk and clock, all of it drawn from a seed. In a folder of
# its own, because everything is compiled with another flag (tokio's seeded scheduler). RocksDB is linked from what
# `make build` has compiled, if it has: the simulation never opens it.
SIM := $(CARGO_TARGET_DIR)/sim
sim: setup
	env $$(scripts/prebuilt-rocksdb $(CARGO_TARGET_DIR)) RUSTFLAGS="--cfg tokio_unstable" \
		cargo build --release --locked --package keyrack-jepsen --features sim --bin keyrack-sim --target-dir $(SIM)
	$(SIM)/release/keyrack-sim $(or $(ARGS),seeds --count 200 --jobs 2)

# Real processes, harmed. Results and pages are in jepsen-runs; what was run already is not run again.
JEPSEN := KEYRACK_BIN_DIR=$(BIN) $(BIN)/keyrack-jepsen
jepsen: build
	$(JEPSEN) matrix $(ARGS)

# What CI runs of it, each time anew.
SHORT := kill-leader,isolate-leader,clock,power-all,rot-wal
jepsen-short: build
	@rm -rf $(CARGO_TARGET_DIR)/jepsen-short
	$(JEPSEN) matrix --seconds 12 --rate 150 --nemesis $(SHORT) --into $(CARGO_TARGET_DIR)/jepsen-short $(ARGS)

check: setup
	@echo "==> format, lints, docs, licences"
	cargo fmt --all -- --check
	cargo fmt --manifest-path merkle/fuzz/Cargo.toml -- --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --workspace --no-deps --quiet
	@if ! command -v cargo-deny >/dev/null; then \
		echo "==> skipped: cargo-deny is not installed (cargo install --locked cargo-deny)"; \
	else \
		cargo deny --log-level error --offline check bans licenses sources && \
		if [ -d "$${CARGO_HOME:-$$HOME/.cargo}/advisory-dbs" ]; then cargo deny --offline check --disable-fetch advisories; \
		else echo "==> skipped: known vulnerabilities (no advisory database here; cargo deny fetch db)"; fi; \
	fi

bench: build
	@scripts/bench $(BIN) $(ARGS)

bench-receipts: setup
	cargo bench --workspace --bench tree --bench stored_tree --locked

# What a thousand slow connections and a flooding channel cost the others.
bench-abuse: build
	cargo build --release --locked --workspace --examples
	KEYRACK_BIN_DIR=$(BIN) $(BIN)/examples/abuse

clean-data:
	rm -rf $(DATA)
