# Everything that CI checks
ci:
    .ci/run

fmt:
    cargo fmt --all

clippy:
    cargo clippy --workspace --all-targets --all-features -- -D warnings

test:
    cargo test --workspace

# Replay the recorded verdicts; list each that is not the same
replay *PATHS="conformance/corpus":
    cargo run --release -p claimant-conformance -- --verbose {{PATHS}}

# Tokens of a real kube-apiserver, built from Go modules and started on loopback, judged by it and by us; with a folder,
# recorded there
e2e *FOLDER:
    conformance/e2e/run.sh {{FOLDER}}
    conformance/e2e/webhook.sh

deny:
    cargo deny check

# The TokenReview webhook on loopback, with an issuer and certificates of its own
webhook:
    examples/token-review-webhook/loopback.sh

# Load the webhook beside one of kube-apiserver's own parts; needs wrk, and Go for the other one
load-webhook SECONDS="15":
    examples/token-review-webhook/load/run.sh {{SECONDS}}

# Keys of real identity providers on loopback: discover, verify, rotate under load, restart; e2e/README.md says which
e2e-idp:
    e2e/oidc-provider.sh
    e2e/dex.sh
    e2e/spire.sh
    e2e/keycloak.sh

# How long decisions of roles take
bench-rbac:
    cargo bench -p claimant-k8s

# How long rules in CEL take, beside the cel crate
bench-cel:
    cargo bench -p claimant-cel

# Fuzz each target for so many seconds, without a sanitizer on the pinned toolchain; needs cargo-fuzz
fuzz SECONDS="60" *TARGETS="compact header claims jwks pem whole_way cel_expression cel_claims":
    cargo run --quiet -p claimant-conformance --example fuzz_corpus -- fuzz/corpus
    for target in {{TARGETS}}; do \
        RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $target fuzz/corpus/$target crates/*/tests/seeds/$target -- \
            -max_total_time={{SECONDS}} -dict=fuzz/claimant.dict -max_len=8192 || exit 1; \
    done
# Time ours beside the bare signatures
bench *FILTER:
    cargo bench -p claimant-benches -- {{FILTER}}

# Time ours beside the peers; writes benches/report
report *FILTER:
    benches/report.sh {{FILTER}}
