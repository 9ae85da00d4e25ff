#!/usr/bin/env bash
# SPIRE on loopback, and our keys against its bundle endpoint and its discovery provider, with each type of key that it
# signs JWT-SVIDs with. Builds it from its Go module, once, into CLAIMANT_E2E_CACHE; needs Go, a C compiler and curl.
set -euo pipefail
cd "$(dirname "$0")/.."
for program in go cc curl openssl; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED: SPIRE needs $program"
        exit 0
    fi
done
version=1.13.3
first=${1:-18446}
cache=${CLAIMANT_E2E_CACHE:-${CARGO_TARGET_DIR:-target}/e2e}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
for path in cmd/spire-server support/oidc-discovery-provider; do
    program=$cache/$(basename "$path")-$version
    if [ ! -x "$program" ]; then
        echo "building $(basename "$path") $version (once; minutes)"
        (cd e2e/spire && CGO_ENABLED=1 go build -mod=readonly -trimpath -ldflags='-s -w' -o "$program.new" \
            "github.com/spiffe/spire/$path")
        mv "$program.new" "$program"
    fi
done
export E2E_SPIRE_SERVER=$cache/spire-server-$version E2E_SPIRE_OIDC=$cache/oidc-discovery-provider-$version

run=''
trap '[ -z "$run" ] || rm -rf "$run"' EXIT
judge() { # $1: how the keys are found, $2: type of key, $3: algorithm
    run=$(mktemp -d)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
        -keyout "$run/key.pem" -out "$run/cert.pem" 2>/dev/null
    export E2E_SPIRE_SOCKET=$run/api.sock E2E_ALGORITHMS=$3
    unset E2E_SET
    [ "$1" = discovery ] || export E2E_SET=https://localhost:$((first + 1))/
    echo "SPIRE, keys by $1, $3"
    RECORD=${RECORD:+$RECORD/$1-$3} cargo run --quiet -p claimant-jwks --features reqwest --example e2e-idp -- \
        spire "https://localhost:$((first + 2))" "$run" \
        e2e/spire/serve.sh "$2" "$run" "$first" "$((first + 1))" "$((first + 2))"
    rm -rf "$run"
    run=''
}
judge bundle ec-p256 ES256
judge bundle ec-p384 ES384
judge bundle rsa-2048 RS256
judge discovery ec-p256 ES256
judge discovery rsa-2048 RS256
