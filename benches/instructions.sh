#!/usr/bin/env bash
# Instructions per verification, by valgrind's callgrind, into report/instructions.tsv.
# What valgrind does not know of the processor (AVX-512) is not used under it, so signature code may take
# another path there than in the report of times.
# graviola asks for instructions that valgrind does not say it has, and is left out.
# Usage: benches/instructions.sh [FILTER]
set -euo pipefail
cd "$(dirname "$0")"
bin=${CARGO_TARGET_DIR:-peers/target}/release
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
counted=claimant_benches::contender::claimant_counted

count() {
    local program=$1 filter=$2
    BENCHES_WITHOUT=graviola valgrind --tool=callgrind --toggle-collect="$counted" --dump-after="$counted" \
        --callgrind-out-file="$out/$program" "$bin/$program" count "$filter" >"$out/$program.names"
    local part=0 name
    while IFS= read -r name; do
        part=$((part + 1))
        printf '%s%s\n' "$name" "$(awk '/^(totals|summary):/ { n = $2 } END { print n }' "$out/$program.$part")"
    done <"$out/$program.names"
}

mkdir -p report
{ count report "${1:-}" && count openssl "${1:-}"; } >"$out/all"
mv "$out/all" report/instructions.tsv
