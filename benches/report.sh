#!/usr/bin/env bash
# Builds ours and the peers, counts allocations, measures, and writes benches/report.
# Usage: benches/report.sh [FILTER], e.g. "service-account RS256"; benches/instructions.sh first for that column.
# Needs a C compiler, cmake, libclang (LIBCLANG_PATH) and OpenSSL's headers.
set -euo pipefail
cd "$(dirname "$0")"
cargo build --release --locked --workspace --manifest-path peers/Cargo.toml
bin=${CARGO_TARGET_DIR:-peers/target}/release
mkdir -p report
{ "$bin/allocations" "${1:-}" && "$bin/openssl_allocations" "${1:-}"; } >report/allocations.tsv
exec "$bin/report" "${1:-}"
