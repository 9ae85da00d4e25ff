# etcd and kube-apiserver on loopback, for scripts that source this file (POSIX sh, `set -eu`):
#
#   . "$here/cluster.sh"                # $here: the folder of this file ($cluster_here, where a script means another)
#   cluster_programs || exit 0          # builds both once; false, and a visible line, where Go is missing
#   trap cluster_stop EXIT
#   trap 'exit 1' INT TERM
#   cluster_prepare                     # optional: the folder and the keys, for files that the flags name
#   cluster_start --v=1                 # more flags of kube-apiserver, after those below
#   cluster_start --v=2                 # kube-apiserver anew with other flags; etcd, data, keys and address stay
#
# CLAIMANT_E2E_CACHE says where the programs are kept. What a script may read once the cluster is prepared:
#   $cluster_dir      a folder that cluster_stop removes, with apiserver.log and etcd.log
#   $cluster_url      https://127.0.0.1:PORT
#   $cluster_ca       the certificate to trust
#   $cluster_admin    a token of system:masters
#   $cluster_keys     the public key of service account tokens, $cluster_signing_key the private one (PEM)
#   $cluster_issuer   their issuer

cluster_here=${cluster_here:-$here}
cluster_root=$(cd "$cluster_here/../.." && pwd)
cluster_cache=${CLAIMANT_E2E_CACHE:-${CARGO_TARGET_DIR:-$cluster_root/target}/e2e}
cluster_issuer=https://kubernetes.default.svc
cluster_version='kube-apiserver v1.37.2'
cluster_dir='' cluster_etcd_pid='' cluster_api_pid=''

cluster_programs() {
    if ! command -v go >/dev/null; then
        echo "e2e: SKIPPED, there is no Go here to build kube-apiserver with"
        return 1
    fi
    mkdir -p "$cluster_cache"
    cluster_build etcd etcd && cluster_build apiserver kube-apiserver || exit 1
}

cluster_build() { # $1: folder of its main, $2: name of the program
    [ -x "$cluster_cache/$2" ] && return
    echo "e2e: building $2 (once; minutes)"
    # Another name until it is whole: a build that was interrupted is not taken for a program.
    (cd "$cluster_here/$1" && go build -trimpath -ldflags='-s -w' -o "$cluster_cache/$2.part" .) &&
        mv "$cluster_cache/$2.part" "$cluster_cache/$2"
}

cluster_port() { # a port that was free a moment ago
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

cluster_prepare() {
    [ -z "$cluster_dir" ] || return 0
    cluster_dir=$(mktemp -d)
    cluster_api_port=$(cluster_port)
    cluster_url="https://127.0.0.1:$cluster_api_port"
    cluster_ca=$cluster_dir/tls.crt cluster_keys=$cluster_dir/sa.pub cluster_signing_key=$cluster_dir/sa.key
    openssl genrsa -out "$cluster_signing_key" 2048 2>/dev/null
    openssl rsa -in "$cluster_signing_key" -pubout -out "$cluster_keys" 2>/dev/null
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext 'subjectAltName=IP:127.0.0.1' \
        -addext 'basicConstraints=critical,CA:FALSE' -keyout "$cluster_dir/tls.key" -out "$cluster_ca" 2>/dev/null
    cluster_admin=$(openssl rand -hex 16)
    echo "$cluster_admin,admin,admin,system:masters" >"$cluster_dir/tokens.csv"
}

cluster_start() { # $@: more flags of kube-apiserver
    cluster_prepare
    cluster_end "$cluster_api_pid"
    cluster_api_pid=''
    if [ -z "$cluster_etcd_pid" ]; then
        cluster_etcd_port=$(cluster_port) cluster_peer_port=$(cluster_port)
        "$cluster_cache/etcd" --data-dir "$cluster_dir/etcd" --listen-client-urls "http://127.0.0.1:$cluster_etcd_port" \
            --advertise-client-urls "http://127.0.0.1:$cluster_etcd_port" \
            --listen-peer-urls "http://127.0.0.1:$cluster_peer_port" --unsafe-no-fsync --log-level error \
            >"$cluster_dir/etcd.log" 2>&1 &
        cluster_etcd_pid=$!
    fi
    # Modes beside a file that has them are an error of kube-apiserver's.
    case " $*" in
    *' --authorization-config'* | *' --authorization-mode'*) ;;
    *) set -- --authorization-mode RBAC "$@" ;;
    esac
    # Admission would want a service account's token secret in each pod, which controllers make.
    "$cluster_cache/kube-apiserver" --etcd-servers "http://127.0.0.1:$cluster_etcd_port" --bind-address 127.0.0.1 \
        --secure-port "$cluster_api_port" --cert-dir "$cluster_dir" --tls-cert-file "$cluster_ca" \
        --tls-private-key-file "$cluster_dir/tls.key" --service-account-issuer "$cluster_issuer" \
        --service-account-key-file "$cluster_keys" --service-account-signing-key-file "$cluster_signing_key" \
        --token-auth-file "$cluster_dir/tokens.csv" --disable-admission-plugins ServiceAccount \
        --endpoint-reconciler-type none "$@" >"$cluster_dir/apiserver.log" 2>&1 &
    cluster_api_pid=$!
    cluster_tries=0
    until cluster_ready; do
        cluster_tries=$((cluster_tries + 1))
        if [ $cluster_tries -gt 240 ] || ! kill -0 "$cluster_api_pid" 2>/dev/null; then
            echo "e2e: the API server does not start:"
            tail -20 "$cluster_dir/apiserver.log"
            exit 1
        fi
        sleep 0.5
    done
    echo "e2e: $cluster_version is ready on loopback"
}

cluster_ready() {
    curl -fsS --cacert "$cluster_ca" -H "Authorization: Bearer $cluster_admin" "$cluster_url/readyz" >/dev/null 2>&1
}

cluster_end() { # $1: a process that this script started, or nothing
    [ -n "$1" ] || return 0
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

cluster_stop() {
    cluster_end "$cluster_api_pid"
    cluster_end "$cluster_etcd_pid"
    [ -z "$cluster_dir" ] || rm -rf "$cluster_dir"
    cluster_dir='' cluster_etcd_pid='' cluster_api_pid=''
}
