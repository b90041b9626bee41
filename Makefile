# `make test` is everything that must hold; the rest are its parts and the benches.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: test bench fmt openapi advisories tools

## All checks. The tests come last, so that their summary ends the output. Those that need the public lists
## of schools run where MONSTAGE_REAL_DATA names their folder; elsewhere the summary counts them as skipped.
test: tools
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	cargo deny --log-level error check bans licenses sources
	cargo run --quiet --locked -p cli -- openapi | diff docs/openapi.json - || { echo "run: make openapi" >&2; exit 1; }
	cargo test --quiet --workspace --doc --locked
	cargo nextest run --workspace --locked $${MONSTAGE_REAL_DATA:+--run-ignored all}

## Each figure beside its floor and its peer, into target/bench.json.
bench: tools
	cargo run --release --locked -p benches

fmt:
	cargo fmt --all

## Writes the committed copy of the OpenAPI document again.
openapi:
	mkdir -p docs
	cargo run --locked -p cli -- openapi > docs/openapi.json

## Known vulnerabilities in the dependencies; needs the network.
advisories: tools
	cargo deny check advisories

## What the checks need and this machine lacks.
tools:
	@command -v cargo-nextest > /dev/null || cargo install --locked cargo-nextest
	@command -v cargo-deny > /dev/null || cargo install --locked cargo-deny
	@missing=; \
	command -v curl > /dev/null || missing="$$missing curl"; \
	command -v jq > /dev/null || missing="$$missing jq"; \
	command -v postgres > /dev/null || ls /usr/lib/postgresql/*/bin/postgres > /dev/null 2>&1 \
		|| missing="$$missing postgresql"; \
	[ -z "$$missing" ] \
		|| { [ "$$(id -u)" = 0 ] && apt-get update && apt-get install --yes $$missing; } \
		|| { echo "The tests need: apt-get install$$missing" >&2; exit 1; }
