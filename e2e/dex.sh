#!/usr/bin/env bash
# Dex on loopback, and our keys against it. Builds it from its Go module, once, into CLAIMANT_E2E_CACHE; needs Go and a
# C compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
for program in go cc openssl; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED: Dex needs $program"
        exit 0
    fi
done
version=2.13.0
port=${1:-18445}
cache=${CLAIMANT_E2E_CACHE:-${CARGO_TARGET_DIR:-target}/e2e}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
# Ours is the program, so it is built whenever it changed; all else is in Go's cache.
echo "building Dex $version (minutes the first time)"
(cd e2e/dex && CGO_ENABLED=1 go build -mod=readonly -trimpath -ldflags='-s -w' -o "$cache/dex" .)
web=$(cd e2e/dex && go list -mod=readonly -m -f '{{.Dir}}' github.com/dexidp/dex)/web
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
    -keyout "$run/key.pem" -out "$run/cert.pem" 2>/dev/null
E2E_ALGORITHMS=RS256 cargo run --quiet -p claimant-jwks --features reqwest --example e2e-idp -- \
    dex "https://localhost:$port/dex" "$run" "$cache/dex" "$port" "$run" "$web"
