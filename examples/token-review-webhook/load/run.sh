#!/usr/bin/env bash
# Loads the webhook over TLS on loopback with 64 connections, beside a webhook of kube-apiserver's own parts in Go; lets
# it answer a million requests and looks at its memory; kills it under load and starts it again.
# Needs wrk, openssl, curl, python3, and Go for the other webhook. usage: run.sh [SECONDS of each run]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
seconds=${1:-15}
million=${MILLION:-1000000}
for program in wrk openssl curl python3; do
    command -v $program >/dev/null || { echo "load: SKIPPED, there is no $program here"; exit 0; }
done
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
# Programs that were built before may be named.
webhook=${WEBHOOK:-} issuer_program=${DEV_ISSUER:-}
[ -n "$webhook" ] || { cargo build --quiet --release -p token-review-webhook; webhook=$target/release/token-review-webhook; }
[ -n "$issuer_program" ] || {
    cargo build --quiet -p claimant-examples --example dev-issuer
    issuer_program=$target/debug/examples/dev-issuer
}
work=$(mktemp -d)
issuer_pid='' pid='' # those that run
stop() {
    [ -z "$issuer_pid" ] || kill "$issuer_pid" 2>/dev/null || true
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' INT TERM
go=''
if [ -n "${GO_WEBHOOK:-}" ]; then
    go=$GO_WEBHOOK
elif command -v go >/dev/null; then
    (cd "$here/go-webhook" && go build -trimpath -o "$work/go-webhook" .)
    go=$work/go-webhook
else
    echo "load: the webhook in Go is SKIPPED, there is no Go here"
fi

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null

# An issuer, and tokens of many people.
mkfifo "$work/orders"
"$issuer_program" ES256 "$work/issuer.pem" <"$work/orders" >"$work/issuer.log" &
issuer_pid=$!
exec 3>"$work/orders"
python3 -c 'for i in range(2000): print(f"person person-{i} load group-{i % 20} developers")' >&3
until [ "$(grep -c '^ey' "$work/issuer.log")" -eq 2000 ]; do kill -0 "$issuer_pid"; sleep 0.1; done
grep '^ey' "$work/issuer.log" >"$work/many"
head -64 "$work/many" >"$work/few"
issuer=$(sed -n 's/^issuer: //p' "$work/issuer.log")
{
    printf 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer:\n    url: %s\n' "$issuer"
    printf '    audiences: [load]\n    certificateAuthority: |\n'
    sed 's/^/      /' "$work/issuer.pem"
    printf '  claimMappings:\n    username: {claim: sub, prefix: "oidc:"}\n    groups: {claim: groups, prefix: "oidc:"}\n'
} >"$work/authentication.yaml"

free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
up() { # $1: pid, $2: URL
    until curl -fsk "$2" >/dev/null 2>&1; do kill -0 "$1" || exit 1; sleep 0.1; done
}
start_ours() { # $1: cache TTL
    "$webhook" --authentication-config "$work/authentication.yaml" --api-audiences load \
        --tls-cert-file "$work/tls.crt" --tls-private-key-file "$work/tls.key" --listen "127.0.0.1:$port" \
        --ops-listen "127.0.0.1:$ops" --cache-ttl "$1" --log warn --drain-delay 0s &
    pid=$!
    up $pid "http://127.0.0.1:$ops/readyz"
}
start_go() {
    "$go" -listen "127.0.0.1:$port" -tls-cert-file "$work/tls.crt" -tls-private-key-file "$work/tls.key" \
        -issuer "$issuer" -ca "$work/issuer.pem" -audience load -cache-ttl "$1" 2>"$work/go.log" &
    pid=$!
    up $pid "https://127.0.0.1:$port/healthz"
}
end() {
    kill "$pid"
    wait "$pid" 2>/dev/null || true
    pid=''
}
rss() { awk '/^VmRSS/ { printf "%.1f MiB", $2 / 1024 }' "/proc/$pid/status"; }
check() { # the answer is right before anything is measured
    local body
    body='{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{"token":"'$(head -1 "$work/few")'","audiences":["load"]}}'
    curl -fsk -H 'Content-Type: application/json' -d "$body" "https://127.0.0.1:$port/authenticate" |
        grep -q '"authenticated":true.*"username":"oidc:person-0"' || { echo "load: a wrong answer"; exit 1; }
}
load() { # $1: tokens, $2: seconds; the numbers of wrk into $work/wrk
    TOKENS=$1 wrk -t2 -c64 -d"${2}s" --timeout 10s --latency -s "$here/post.lua" "https://127.0.0.1:$port" >"$work/wrk"
    if grep -q 'Non-2xx' "$work/wrk"; then cat "$work/wrk"; exit 1; fi
}
line() { # $1: name
    awk -v name="$1" -v rss="$(rss)" '/50%/ { p50 = $2 } /99%/ { p99 = $2 } /Requests\/sec/ { rps = $2 }
        END { printf "| %s | %.0f | %s | %s | %s |\n", name, rps, p50, p99, rss }' "$work/wrk"
}

port=$(free) ops=$(free)
echo "load: $(nproc) processors, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), load average $(cut -d' ' -f1-3 /proc/loadavg) before"
echo '| 64 connections, HTTP/1.1 over TLS 1.3 | requests/s | p50 | p99 | RSS |'
echo '|---|--:|--:|--:|--:|'
for turn in 1 2; do
    for mode in 0s:many:verified 10s:few:remembered; do
        IFS=: read -r ttl tokens name <<<"$mode"
        start_ours "$ttl"; check; load "$work/$tokens" "$seconds"; line "ours, $name, turn $turn"; end
        if [ -n "$go" ]; then
            start_go "$ttl"; check; load "$work/$tokens" "$seconds"; line "Go, $name, turn $turn"; end
        fi
    done
done
echo "load: load average $(cut -d' ' -f1-3 /proc/loadavg) after"

# Memory over a million requests, of 2000 tokens, of which some are remembered.
start_ours 1s
load "$work/many" 5
echo "load: memory after $(awk '/requests in/ { print $1 }' "$work/wrk") requests: $(rss)"
answered() { curl -fs "http://127.0.0.1:$ops/metrics" | awk '/^token_review_webhook_requests_total{code="200"}/ { print $2 }'; }
while [ "$(answered)" -lt "$million" ]; do
    load "$work/many" 20
    echo "load: memory after $(answered) requests: $(rss)"
done

# Killed under load, and started again: what was not answered was in flight.
TOKENS=$work/many wrk -t2 -c64 -d12s --timeout 5s -s "$here/post.lua" "https://127.0.0.1:$port" >"$work/wrk" &
wrk=$!
before=$(answered)
until [ "$(answered)" -gt $((before + 5000)) ]; do :; done
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
pid=''
start_ours 1s
until [ "$(answered || echo 0)" -gt 5000 ] 2>/dev/null; do kill -0 $wrk 2>/dev/null || break; done
wait $wrk
python3 - "$work/wrk" <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
errors = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
connect, read, write, timeout = map(int, errors.groups()) if errors else (0, 0, 0, 0)
done = re.search(r"(\d+) requests in", text).group(1)
print(f"load: kill -9 under load: {done} answered, {read + write + timeout} lost, of 64 connections with one request each; "
      f"{connect} connections came while nobody listened")
sys.exit("Non-2xx" in text or read + write + timeout > 64)
PYTHON
echo "load: after the restart $(answered) requests are answered already"
end
