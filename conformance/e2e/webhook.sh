#!/bin/sh
# A real API server that asks our webhook, with one AuthenticationConfiguration for it and for us.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/cluster.sh"
cluster_programs || exit 0
driver=''
stop() {
    cluster_end "$driver"
    # A driver that was told to end does not end its own child.
    if [ -n "$cluster_dir" ] && [ -s "$cluster_dir/webhook.pid" ]; then
        cluster_end "$(cat "$cluster_dir/webhook.pid")"
    fi
    cluster_stop
}
trap stop EXIT
trap 'exit 1' INT TERM

cd "$cluster_root"
cargo build --quiet -p claimant-conformance --features e2e --bin e2e-webhook
cargo build --quiet -p token-review-webhook
cargo build --quiet -p claimant-examples --example life-of-a-token
programs=${CARGO_TARGET_DIR:-$cluster_root/target}/debug

cluster_prepare
E2E_DIR=$cluster_dir E2E_URL=$cluster_url E2E_CA=$cluster_ca E2E_TOKEN=$cluster_admin E2E_KEYS=$cluster_keys \
    E2E_ISSUER=$cluster_issuer E2E_WEBHOOK=$programs/token-review-webhook E2E_LIFE=$programs/examples/life-of-a-token \
    "$programs/e2e-webhook" &
driver=$!
tries=0
until [ -e "$cluster_dir/prepared" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 240 ] || ! kill -0 "$driver" 2>/dev/null; then
        echo "e2e: the webhook does not start:"
        tail -20 "$cluster_dir/webhook.log"
        exit 1
    fi
    sleep 0.5
done
cluster_start --authentication-config "$cluster_dir/authn.yaml" \
    --authentication-token-webhook-config-file "$cluster_dir/webhook.kubeconfig" \
    --authentication-token-webhook-version v1 --authentication-token-webhook-cache-ttl 1s \
    --audit-policy-file "$cluster_dir/audit-policy.yaml" --audit-log-path "$cluster_dir/audit.log"
: >"$cluster_dir/ready"

wait "$driver"
