#!/usr/bin/env bash
# The npm package oidc-provider on loopback, and our keys against it. Installs it into target/, versions as locked.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "oidc-provider needs node and npm" >&2
    exit 1
fi
port=${1:-18443}
place=${CARGO_TARGET_DIR:-target}/idp/oidc-provider
mkdir -p "$place"
place=$(cd "$place" && pwd)
cp e2e/oidc-provider/package.json e2e/oidc-provider/package-lock.json e2e/oidc-provider/server.mjs "$place"
[ "$place/node_modules/.package-lock.json" -nt e2e/oidc-provider/package-lock.json ] ||
    npm ci --prefix "$place" --no-audit --no-fund --ignore-scripts
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
    -keyout "$run/key.pem" -out "$run/cert.pem" 2>/dev/null
cargo run --quiet -p claimant-jwks --features reqwest --example e2e-idp -- \
    oidc-provider "https://localhost:$port" "$run" node "$place/server.mjs" "$port" "$run"
