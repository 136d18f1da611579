# What one does with this folder. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help run web test shots openapi bench clean prepare

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

prepare: ## Install what building needs, or name what is missing
	@scripts/prepare

run: prepare web ## Build all, then start the demo county (or DATABASE_URL) with server and worker in one process
	cargo build --quiet
	@exec target/debug/xiangban serve

web: ## Build the screens (console and phone); `cargo build` works without
	@scripts/web

test: prepare ## Format, lints, docs, and every test on SQLite and PostgreSQL; ends with "N passed, N failed"
	@scripts/test

shots: prepare web ## Take a picture of every page of the console at desk and phone size (web/e2e/shots)
	@scripts/prepare-web browser
	cargo build --quiet
	@cd web/e2e && { [ -d node_modules ] || npm ci --no-fund --no-audit --loglevel=error; } && npm run --silent shots

openapi: prepare ## Write the API's contract to openapi.yaml
	cargo run --quiet -- openapi > openapi.yaml.new
	mv openapi.yaml.new openapi.yaml

bench: prepare ## Measure, on both databases
	@scripts/bench

clean: ## Remove what was built, and the test database; the data folder stays
	cargo clean
	@scripts/test-database stop
