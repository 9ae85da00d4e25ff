#!/usr/bin/env bash
# Keycloak on loopback, and our keys against it. Takes its distribution from Maven into target/; needs Java, Maven, Node.
set -euo pipefail
cd "$(dirname "$0")/.."
version=26.7.3
for program in java mvn node unzip; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED: Keycloak needs $program"
        exit 0
    fi
done
port=${1:-18444}
place=${CARGO_TARGET_DIR:-target}/idp/keycloak
mkdir -p "$place"
place=$(cd "$place" && pwd)
if [ ! -d "$place/keycloak-$version" ]; then
    artifact=org.keycloak:keycloak-quarkus-dist:$version:zip
    mvn -q dependency:get -Dtransitive=false -Dartifact=$artifact
    mvn -q dependency:copy -Dartifact=$artifact -DoutputDirectory="$place"
    unzip -q "$place/keycloak-quarkus-dist-$version.zip" -d "$place"
fi
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
# Its database is in its folder: a fresh one for each run.
cp -a "$place/keycloak-$version" "$run/keycloak"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
    -keyout "$run/key.pem" -out "$run/cert.pem" 2>/dev/null
cargo run --quiet -p claimant-jwks --features reqwest --example e2e-idp -- \
    keycloak "https://localhost:$port/realms/e2e" "$run" node e2e/keycloak/server.mjs "$port" "$run" "$run/keycloak"
