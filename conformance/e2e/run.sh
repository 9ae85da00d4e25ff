#!/bin/sh
# A real API server as judge: builds kube-apiserver and etcd from their Go modules (once), starts them on loopback,
# and has `e2e` judge tokens beside them. CLAIMANT_E2E_CACHE says where the programs are kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if ! command -v go >/dev/null; then
    echo "e2e: SKIPPED, there is no Go here to build kube-apiserver with"
    exit 0
fi
cache=${CLAIMANT_E2E_CACHE:-${CARGO_TARGET_DIR:-$root/target}/e2e}
mkdir -p "$cache"
for program in apiserver etcd; do
    case $program in apiserver) file=kube-apiserver ;; *) file=$program ;; esac
    if [ ! -x "$cache/$file" ]; then
        echo "e2e: building $file (once; minutes)"
        (cd "$here/$program" && go build -trimpath -ldflags='-s -w' -o "$cache/$file" .)
    fi
done

work=$(mktemp -d)
etcd_pid='' api_pid=''
stop() {
    [ -z "$api_pid" ] || kill "$api_pid" 2>/dev/null || true
    [ -z "$etcd_pid" ] || kill "$etcd_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT INT TERM

port() { # $1: a port that was free a moment ago
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
etcd_port=$(port) peer_port=$(port) api_port=$(port)

openssl genrsa -out "$work/sa.key" 2048 2>/dev/null
openssl rsa -in "$work/sa.key" -pubout -out "$work/sa.pub" 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext 'subjectAltName=IP:127.0.0.1' -addext 'basicConstraints=critical,CA:FALSE' \
    -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
admin=$(openssl rand -hex 16)
echo "$admin,admin,admin,system:masters" >"$work/tokens.csv"

"$cache/etcd" --data-dir "$work/etcd" --listen-client-urls "http://127.0.0.1:$etcd_port" \
    --advertise-client-urls "http://127.0.0.1:$etcd_port" --listen-peer-urls "http://127.0.0.1:$peer_port" \
    --unsafe-no-fsync --log-level error >"$work/etcd.log" 2>&1 &
etcd_pid=$!
"$cache/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd_port" --bind-address 127.0.0.1 --secure-port "$api_port" \
    --cert-dir "$work" --tls-cert-file "$work/tls.crt" --tls-private-key-file "$work/tls.key" \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$work/sa.pub" \
    --service-account-signing-key-file "$work/sa.key" --token-auth-file "$work/tokens.csv" \
    --authorization-mode RBAC --disable-admission-plugins ServiceAccount --endpoint-reconciler-type none \
    >"$work/apiserver.log" 2>&1 &
api_pid=$!

ready() { curl -fsS --cacert "$work/tls.crt" -H "Authorization: Bearer $admin" "https://127.0.0.1:$api_port/readyz" >/dev/null 2>&1; }
tries=0
until ready; do
    tries=$((tries + 1))
    if [ $tries -gt 240 ] || ! kill -0 "$api_pid" 2>/dev/null; then
        echo "e2e: the API server does not start:"
        tail -20 "$work/apiserver.log"
        exit 1
    fi
    sleep 0.5
done
echo "e2e: kube-apiserver v1.37.2 is ready on loopback"
E2E_URL="https://127.0.0.1:$api_port" E2E_CA="$work/tls.crt" E2E_TOKEN="$admin" E2E_KEYS="$work/sa.pub" \
    cargo run --quiet --manifest-path "$root/Cargo.toml" -p claimant-conformance --features e2e --bin e2e
