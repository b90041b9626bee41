# `make test` is the tests, `make lint` all else that must hold; the rest are the benches and what helps.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: test lint mutants bench fmt openapi advisories services

## All tests. Those that need the public lists of schools run where MONSTAGE_REAL_DATA names their folder;
## elsewhere the summary counts them as skipped.
test: cargo-nextest services target/npm/node_modules
	cargo test --quiet --workspace --doc --locked
	cargo nextest run --workspace --locked $${MONSTAGE_REAL_DATA:+--run-ignored all}

## Format, lints, documentation, licences, and the committed OpenAPI document. That one is compared by a test,
## in the program that `make test` builds: nothing is compiled for it alone.
lint: cargo-deny cargo-nextest
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	cargo deny --log-level error check bans licenses sources
	cargo nextest run --locked -p cli --test suite openapi_prints_the_committed_document

## Whether the tests of the rules notice when the rules are changed: each crate's own tests against some three
## hundred wrong programs. Takes an hour or two, and those unnoticed are in target/mutants.out/missed.txt.
mutants: cargo-mutants cargo-nextest
	cargo mutants -p domain -p commands --test-tool nextest -o target -- --max-fail=1:immediate

## Each figure beside its floor and its peer, into target/bench.json.
bench: services
	cargo run --release --locked -p benches

fmt:
	cargo fmt --all

## Writes the committed copy of the OpenAPI document again.
openapi:
	mkdir -p docs
	cargo run --locked -p cli -- openapi > docs/openapi.json

## Known vulnerabilities in the dependencies; needs the network.
advisories: cargo-deny
	cargo deny check advisories

# Cargo's own tools, where this machine lacks them.
cargo-%:
	@command -v $@ > /dev/null || cargo install --locked $@

# What the tests start, likewise.
services:
	@missing=; \
	command -v curl > /dev/null || missing="$$missing curl"; \
	command -v jq > /dev/null || missing="$$missing jq"; \
	command -v postgres > /dev/null || ls /usr/lib/postgresql/*/bin/postgres > /dev/null 2>&1 \
		|| missing="$$missing postgresql"; \
	command -v chromium > /dev/null && command -v chromedriver > /dev/null \
		|| missing="$$missing chromium chromium-driver"; \
	command -v npm > /dev/null || missing="$$missing nodejs npm"; \
	[ -z "$$missing" ] \
		|| { [ "$$(id -u)" = 0 ] && apt-get update && apt-get install --yes $$missing; } \
		|| { echo "The tests need: apt-get install$$missing" >&2; exit 1; }

# What the tests hold the pages against, from npm: not into the source tree, and exactly what the lock file says.
target/npm/node_modules: tests/npm/package.json tests/npm/package-lock.json | services
	mkdir -p target/npm
	cp $^ tests/npm/.npmrc target/npm/
	npm ci --prefix target/npm
	touch $@
