#!/usr/bin/env bash
# A SPIRE server and its discovery provider on loopback over TLS: serve.sh KEY_TYPE FOLDER API_PORT BUNDLE_PORT OIDC_PORT
# FOLDER holds cert.pem, key.pem, and what the server keeps. E2E_SPIRE_SERVER and E2E_SPIRE_OIDC are the programs,
# E2E_SPIRE_SOCKET is where the server listens. Prints "ready"; orders on standard input: "rotate" publishes a new key,
# waits until it is to be seen, and signs with it from then on; "withdraw" taints and revokes the old one.
set -euo pipefail
key_type=$1 folder=$2 api_port=$3 bundle_port=$4 oidc_port=$5
cat >"$folder/server.conf" <<EOF
server {
  bind_address = "127.0.0.1"
  bind_port = "$api_port"
  socket_path = "$E2E_SPIRE_SOCKET"
  trust_domain = "e2e.test"
  data_dir = "$folder"
  log_level = "WARN"
  ca_key_type = "ec-p256"
  jwt_key_type = "$key_type"
  jwt_issuer = "https://localhost:$oidc_port"
  ca_ttl = "24h"
  federation {
    bundle_endpoint {
      address = "127.0.0.1"
      port = $bundle_port
      refresh_hint = "5m"
      profile "https_web" {
        serving_cert_file {
          cert_file_path = "$folder/cert.pem"
          key_file_path = "$folder/key.pem"
          file_sync_interval = "1m"
        }
      }
    }
  }
}
plugins {
  DataStore "sql" { plugin_data { database_type = "sqlite3", connection_string = "$folder/datastore.sqlite3" } }
  KeyManager "disk" { plugin_data { keys_path = "$folder/keys.json" } }
  NodeAttestor "join_token" { plugin_data {} }
}
EOF
cat >"$folder/oidc.conf" <<EOF
log_level = "WARN"
domains = ["localhost"]
jwt_issuer = "https://localhost:$oidc_port"
jwks_uri = "https://localhost:$oidc_port/keys"
server_api {
  address = "unix://$E2E_SPIRE_SOCKET"
  poll_interval = "1s"
}
serving_cert_file {
  cert_file_path = "$folder/cert.pem"
  key_file_path = "$folder/key.pem"
  addr = "127.0.0.1:$oidc_port"
}
EOF

"$E2E_SPIRE_SERVER" run -config "$folder/server.conf" >&2 </dev/null &
server=$!
oidc=''
stop() {
    kill "$server" ${oidc:+"$oidc"} 2>/dev/null || true
    wait
}
trap stop EXIT

published() { # $1: a key id, or nothing; is it in both sets?
    local url
    for url in "https://localhost:$bundle_port/" "https://localhost:$oidc_port/keys"; do
        curl -fsS --cacert "$folder/cert.pem" "$url" 2>/dev/null | grep -q "\"kid\": *\"$1" || return 1
    done
}
until_so() { # the command, until it succeeds while the server lives
    until "$@" >/dev/null 2>&1; do
        kill -0 "$server" || { echo "spire-server ended" >&2; exit 1; }
        sleep 0.2
    done
}
authority() { # $1: what to do with it, then more arguments; prints the id
    "$E2E_SPIRE_SERVER" localauthority jwt "$@" -socketPath "$E2E_SPIRE_SOCKET" | sed -n 's/^ *Authority ID: *//p' | tail -1
}

until_so "$E2E_SPIRE_SERVER" healthcheck -socketPath "$E2E_SPIRE_SOCKET"
"$E2E_SPIRE_OIDC" -config "$folder/oidc.conf" >&2 </dev/null &
oidc=$!
until_so published ''
echo ready
while read -r order; do
    case $order in
    rotate)
        new=$(authority prepare)
        until_so published "$new"
        authority activate -authorityID "$new" >/dev/null
        ;;
    withdraw)
        old=$("$E2E_SPIRE_SERVER" localauthority jwt show -socketPath "$E2E_SPIRE_SOCKET" |
            sed -n '/^Old/,$s/^ *Authority ID: *//p' | head -1)
        authority taint -authorityID "$old" >/dev/null
        authority revoke -authorityID "$old" >/dev/null
        while published "$old"; do sleep 0.2; done
        ;;
    esac
    echo done
done
