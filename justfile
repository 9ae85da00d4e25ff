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

deny:
    cargo deny check

# How long decisions take
bench:
    cargo bench -p claimant-k8s
