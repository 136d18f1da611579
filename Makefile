# What one does with this folder. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help run test openapi bench security clean prepare

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

prepare: ## Install what building needs, or name what is missing
	@scripts/prepare

run: prepare ## Build, then start the demo county (or DATABASE_URL) with server and worker in one process
	cargo build --quiet
	@exec target/debug/xiangban serve

test: prepare ## Format, lints, docs, and every test on SQLite and PostgreSQL; ends with "N passed, N failed"
	@scripts/test

openapi: prepare ## Write the API's contract to openapi.yaml
	cargo run --quiet -- openapi > openapi.yaml.new
	mv openapi.yaml.new openapi.yaml

bench: prepare ## Measure, on both databases
	@scripts/bench

security: prepare ## Try the program with others' tools: schemathesis, sqlmap, wapiti (MINUTES=6 for each)
	@scripts/security

clean: ## Remove what was built, and the test database; the data folder stays
	cargo clean
	@scripts/test-database stop
