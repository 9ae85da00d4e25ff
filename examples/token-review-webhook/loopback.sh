#!/usr/bin/env bash
# The webhook on loopback with an issuer of its own, until it is ended with Ctrl-C. Its files are in the folder that is
# named first (target/webhook by default): certificates, an AuthenticationConfiguration, a token, a question, and
# kubeconfig.yaml, which a kube-apiserver on this machine takes.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
folder=${1:-$target/webhook}
port=${PORT:-8443} ops=${OPS_PORT:-8080}
cargo build --quiet -p token-review-webhook
cargo build --quiet -p claimant-examples --example dev-issuer
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
pids=()
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -f "$folder/orders"
}
trap stop EXIT
trap 'exit 0' INT TERM
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -addext 'basicConstraints=critical,CA:FALSE' \
    -keyout "$folder/tls.key" -out "$folder/tls.crt" 2>/dev/null
rm -f "$folder/orders" && mkfifo "$folder/orders"
"$target/debug/examples/dev-issuer" ES256 "$folder/issuer.pem" <"$folder/orders" >"$folder/issuer.log" &
pids+=($!)
exec 3>"$folder/orders"
echo 'person jane my-cluster developers' >&3
until token=$(grep -m1 '^ey' "$folder/issuer.log"); do kill -0 "${pids[0]}"; sleep 0.1; done
cat >"$folder/authentication.yaml" <<YAML
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: $(sed -n 's/^issuer: //p' "$folder/issuer.log")
    audiences: [my-cluster]
    certificateAuthority: |
$(sed 's/^/      /' "$folder/issuer.pem")
  claimMappings:
    username: {claim: sub, prefix: "oidc:"}
    groups: {claim: groups, prefix: "oidc:"}
YAML
(umask 077 && printf '%s\n' "$token" >"$folder/token" &&
    printf '{"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "spec": {"token": "%s"}}\n' "$token" >"$folder/question.json")
cat >"$folder/kubeconfig.yaml" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: webhook, cluster: {server: "https://127.0.0.1:$port/authenticate", certificate-authority: $folder/tls.crt}}]
users: [{name: kube-apiserver, user: {}}]
contexts: [{name: webhook, context: {cluster: webhook, user: kube-apiserver}}]
current-context: webhook
YAML
echo "ask it:  curl --cacert $folder/tls.crt -H 'Content-Type: application/json' -d @$folder/question.json https://127.0.0.1:$port/authenticate"
echo "kube-apiserver:  --authentication-token-webhook-config-file=$folder/kubeconfig.yaml --authentication-token-webhook-version=v1"
"$target/debug/token-review-webhook" --authentication-config "$folder/authentication.yaml" --api-audiences my-cluster \
    --tls-cert-file "$folder/tls.crt" --tls-private-key-file "$folder/tls.key" --listen "127.0.0.1:$port" \
    --ops-listen "127.0.0.1:$ops" --audit-log-path "$folder/audit.jsonl" --drain-delay 0s --log-format text &
pids+=($!)
wait $!
