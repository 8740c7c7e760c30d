# Keyrack. A newcomer needs `make run` and `make test`; both install missing packages and print their names.

# One folder for everything that is compiled. RocksDB takes most of the time; run, test and bench share it.
export CARGO_TARGET_DIR ?= $(CURDIR)/target
BIN := $(CARGO_TARGET_DIR)/release
DATA ?= keyrack-dev
ARGS ?=

.PHONY: help run test docs-test messages sim jepsen jepsen-short recall fuzz bench bench-receipts bench-abuse bench-refusals build release sbom check setup verifiers clean-data

help:
	@echo "make run     start three nodes with sample hotels on this machine (data in $(DATA))"
	@echo "make test    run all checks and tests"
	@echo "make docs-test   run the commands that the documents show, and compare the output"
	@echo "make messages    write docs/messages.md again: all messages in one list"
	@echo "make jepsen  test real processes under all faults: the whole matrix takes hours (ARGS='--seconds 60 --nemesis power-all,clock')"
	@echo "make jepsen-short   test five of these faults in a few minutes"
	@echo "make sim     simulate the replicated core with faults (ARGS='seeds --count 2000 --jobs 2')"
	@echo "make bench   measure three durable nodes over HTTP and gRPC (ARGS='--seconds 5' is quicker)"
	@echo "make recall  plant bugs in a copy of the sources and count how many the tests find (ARGS='--list', '--check', '--bug NAME')"
	@echo "make fuzz    run every decoder on random bytes (ARGS='60 receipt': seconds for each target, target names)"
	@echo "make bench-receipts   measure the Merkle tree: appends, proofs, ten million leaves on disk"
	@echo "make bench-abuse   measure how slow connections and one flooding channel affect other callers"
	@echo "make bench-refusals   measure how much refusals grow the nodes' disks"
	@echo "make build   compile keyrackd and keyrack into $(BIN) (about 30 minutes the first time, on 2 cores)"
	@echo "make release the same, with the list of all dependencies inside both programs (cargo auditable)"
	@echo "make sbom    write the bill of materials (CycloneDX) of both programs to target/sbom"
	@echo "make check   check format, lints, docs and licences"

setup:
	@scripts/setup

build: setup
	@echo "==> compiling keyrackd and keyrack (the first time about 30 minutes on 2 cores, because of RocksDB)"
	cargo build --release --locked --workspace --bins

# For releases. `cargo audit bin keyrackd` later lists the known vulnerabilities of its dependencies, without the sources.
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
	@echo "==> tests: the pure core, the codecs, the cluster, then real processes over real sockets, then the documents"
	KEYRACK_BIN_DIR=$(BIN) cargo nextest run --release --locked --workspace $(ARGS)
	cargo test --release --locked --workspace --doc

# Runs the commands of README and docs/ against a development cluster and a TLS cluster, and compares the output with the text.
docs-test: build
	KEYRACK_BIN_DIR=$(BIN) cargo nextest run --release --locked --workspace --test docs $(ARGS)

# Writes docs/messages.md again. A test fails while it does not match the sources.
messages: build
	KEYRACK_BIN_DIR=$(BIN) UPDATE_MESSAGES=1 cargo nextest run --release --locked --workspace --test messages

# Which tests find which planted bugs. The copy has its own target folder, and links the RocksDB that `make build` compiled.
recall: setup
	cargo build --release --locked --workspace --bins
	env $$(scripts/prebuilt-rocksdb $(CARGO_TARGET_DIR)) $(BIN)/keyrack-jepsen recall $(ARGS)

# Independent verifiers of receipts, in Go and from PyPI.
verifiers:
	@tests/verifiers/install

fuzz: setup
	@scripts/fuzz $(ARGS)

# The simulation runs the cluster's own code over a simulated network, disk and clock, all derived from a seed. It has its own
# target folder, because everything is compiled with another flag (tokio's seeded scheduler). It links the RocksDB that
# `make build` compiled, if there is one; it never opens it.
SIM := $(CARGO_TARGET_DIR)/sim
sim: setup
	env $$(scripts/prebuilt-rocksdb $(CARGO_TARGET_DIR)) RUSTFLAGS="--cfg tokio_unstable" \
		cargo build --release --locked --package keyrack-jepsen --features sim --bin keyrack-sim --target-dir $(SIM)
	$(SIM)/release/keyrack-sim $(or $(ARGS),seeds --count 200 --jobs 2)

# Real processes with injected faults. Results and pages are in jepsen-runs. A row that has a result is not run again.
JEPSEN := KEYRACK_BIN_DIR=$(BIN) $(BIN)/keyrack-jepsen
jepsen: build
	$(JEPSEN) matrix $(ARGS)

# The part that CI runs, from scratch each time.
SHORT := kill-leader,isolate-leader,clock,power-all,rot-wal,old-copy
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

# How a thousand slow connections and one flooding channel affect other callers.
bench-abuse: build
	cargo build --release --locked --workspace --examples
	KEYRACK_BIN_DIR=$(BIN) $(BIN)/examples/abuse

bench-refusals: build
	cargo build --release --locked --workspace --examples
	KEYRACK_BIN_DIR=$(BIN) $(BIN)/examples/refusals

clean-data:
	rm -rf $(DATA)
