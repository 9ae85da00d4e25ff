#!/bin/sh
# A real API server as judge: kube-apiserver and etcd, built from their Go modules (once) and started on loopback by
# cluster.sh, and `e2e`, which judges tokens beside them. With a folder, it records there what the API server says
# (two minutes; corpus/real/README.md): conformance/e2e/run.sh conformance/corpus/real
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/cluster.sh"
cluster_programs || exit 0
trap cluster_stop EXIT
trap 'exit 1' INT TERM

# The default names an address of this machine, which no recording should.
cluster_start --service-account-jwks-uri "$cluster_issuer/openid/v1/jwks"
E2E_URL=$cluster_url E2E_CA=$cluster_ca E2E_TOKEN=$cluster_admin E2E_KEYS=$cluster_keys \
    E2E_SIGNING_KEY=$cluster_signing_key \
    cargo run --quiet --manifest-path "$cluster_root/Cargo.toml" -p claimant-conformance --features e2e --bin e2e -- "$@"
