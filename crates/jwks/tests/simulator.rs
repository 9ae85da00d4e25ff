//! The five promises in simulated time: rotations as providers do them, outages, floods, clocks, caches.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod sim;

use claimant_jwks::KeyPolicy;
use proptest::prelude::*;
use sim::{Script, Time, Trouble, World};
use std::time::Duration;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Keys that follow each other: a new one each `period`, published `ahead` of the time it signs, kept `after`.
fn rotation(period: u64, ahead: u64, after: u64, times: u64) -> Vec<(String, Time, Time)> {
    let life = |n: u64| {
        let signs = n * period;
        (format!("key-{n}"), seconds(signs.saturating_sub(ahead)), seconds(signs + period + after))
    };
    (0..times).map(life).collect()
}

fn calm(keys: Vec<(String, Time, Time)>, max_age: Option<u64>, length: u64, probe: u64) -> Script {
    Script {
        keys,
        max_age: max_age.map(seconds),
        latency: Duration::from_millis(150),
        length: seconds(length),
        probe: seconds(probe),
        ..Script::default()
    }
}

/// The rhythm of rotations in the manner of each provider: period, ahead, kept, max-age, how many.
fn patterns() -> Vec<(&'static str, Script)> {
    vec![
        // The next key stands in the set long before it signs; the previous is revoked by hand.
        ("auth0", calm(rotation(10 * DAY, 10 * DAY, DAY, 3), Some(15), 30 * DAY, 61)),
        // Several keys at a time; now and then one appears and signs at once.
        ("entra", calm(rotation(7 * DAY, 0, 14 * DAY, 4), Some(DAY), 28 * DAY, 61)),
        // Published ahead, with the time to the next change as max-age.
        ("google", calm(rotation(7 * DAY, 2 * DAY, 2 * DAY, 4), Some(6 * HOUR), 28 * DAY, 61)),
        ("eks", calm(rotation(7 * DAY, 0, DAY, 4), None, 28 * DAY, 61)),
        // Signs with a new key in the moment that it is published.
        ("dex", calm(rotation(6 * HOUR, 0, DAY, 8), None, 2 * DAY, 5)),
        // Restarted with another key file, without overlap.
        ("kube-apiserver", calm(rotation(12 * HOUR, 0, 0, 4), Some(HOUR), 2 * DAY, 5)),
        ("spire", calm(rotation(3 * MINUTE, MINUTE, 2 * MINUTE, 160), Some(5 * MINUTE), 8 * HOUR, 31)),
    ]
}

#[test]
fn rotations_in_the_manner_of_seven_providers_keep_the_promises() {
    for (name, script) in patterns() {
        for late_view in [false, true] {
            let early = if late_view { seconds(100) } else { Duration::ZERO };
            let report = World::new(Script { late_view, early, ..script.clone() }, KeyPolicy::default()).run();
            println!("{name}: {report:?}");
            assert!(report.fetches > 0 && !report.dropped);
            assert_eq!(report.stale_probes, 0, "{name} was stale though the issuer answered");
        }
    }
}

#[test]
fn outages_from_seconds_to_hours_are_survived_and_of_days_end_in_no_keys() {
    for trouble in [Trouble::Refused, Trouble::Hangs, Trouble::EmptySet, Trouble::RetryAfter(3600)] {
        for (length, survived) in [(5, true), (300, true), (HOUR, true), (23 * HOUR, true), (3 * DAY, false)] {
            let keys = rotation(10 * DAY, 0, 0, 1);
            let start = 2 * HOUR + 17;
            let mut script = calm(keys, None, start + length + 2 * HOUR, 13);
            script.outages.push((seconds(start), seconds(start + length), trouble));
            let report = World::new(script, KeyPolicy::default()).run();
            assert_eq!(report.dropped, !survived, "{trouble:?} for {length} s");
            assert!(length < HOUR || report.stale_probes > 0, "staleness shows");
        }
    }
}

#[test]
fn a36_a_rotation_in_an_outage_is_taken_up_after_it() {
    let mut script = calm(rotation(6 * HOUR, 0, 0, 4), Some(HOUR), DAY, 7);
    script.outages.push((seconds(5 * HOUR), seconds(7 * HOUR), Trouble::Refused));
    script.outages.push((seconds(12 * HOUR - 30), seconds(12 * HOUR + 300), Trouble::Hangs));
    let report = World::new(script, KeyPolicy::default()).run();
    assert!(!report.dropped && report.stale_probes > 0);
}

#[test]
fn a32_a_million_random_kids_in_a_minute_cost_ten_fetches_and_six_kilobytes() {
    let mut script = calm(rotation(90, 0, 60, 3), None, 150, 1);
    script.floods.push((seconds(40), seconds(100), Duration::from_micros(60)));
    let report = World::new(script, KeyPolicy::default()).run();
    println!("flood: {report:?}");
    assert!(report.unknown >= 1_000_000);
    // 150 seconds: the budget is ten a minute.
    assert!(report.fetches <= 30, "{report:?}");
    assert!(report.longest_wait <= seconds(2));
    assert!(report.negative_bytes <= 8 * 1024, "{report:?}");
    assert!(report.slowest_new_key <= KeyPolicy::default().promises().new_key, "{report:?}");
}

#[test]
fn a32_one_stubborn_kid_costs_two_fetches_a_minute() {
    let mut script = calm(rotation(DAY, 0, 0, 1), None, HOUR, 1);
    // A key that is published only after the end, asked for every second.
    script.keys.push(("nobody".to_owned(), seconds(10 * DAY), seconds(11 * DAY)));
    script.early = seconds(20 * DAY);
    let report = World::new(script, KeyPolicy::default()).run();
    assert!(report.fetches <= 60 * 2 + 8, "{report:?}");
}

#[test]
fn a42_clocks_that_jump_change_nothing_but_a_fetch_after_a_sleep() {
    let mut script = calm(rotation(6 * HOUR, 0, 0, 4), Some(HOUR), DAY, 7);
    script.jumps = vec![
        (seconds(HOUR), 8 * 3600),
        (seconds(2 * HOUR), -20 * 3600),
        (seconds(3 * HOUR), 5),
        (seconds(4 * HOUR), 365 * 24 * 3600),
        (seconds(5 * HOUR), -400 * 24 * 3600),
    ];
    let still = World::new(Script { jumps: Vec::new(), ..script.clone() }, KeyPolicy::default()).run();
    let report = World::new(script, KeyPolicy::default()).run();
    assert_eq!((report.clock_jumps, still.clock_jumps), (2, 0));
    assert!(report.forced >= still.forced + 2 && report.fetches <= still.fetches + 4, "{still:?} {report:?}");
}

#[test]
fn a40_a_withdrawn_key_is_refused_in_time() {
    let mut script = calm(rotation(30 * DAY, 0, 0, 1), Some(DAY), 4 * HOUR, 3);
    script.keys.push(("leaked".to_owned(), Duration::ZERO, seconds(HOUR + 1)));
    let report = World::new(script, KeyPolicy::default()).run();
    println!("{report:?}");
    assert!(report.slowest_withdrawal > Duration::ZERO, "the run shows the time that it takes");
}

#[test]
fn a41_a_cache_that_serves_an_older_set_again_is_asked_past() {
    let mut script = calm(rotation(30 * DAY, 0, 0, 1), None, 6 * HOUR, 3);
    script.keys.push(("withdrawn".to_owned(), Duration::ZERO, seconds(HOUR)));
    script.rollbacks.push((seconds(2 * HOUR), seconds(4 * HOUR), seconds(60)));
    let report = World::new(script, KeyPolicy::default()).run();
    assert!(report.older_sets > 0, "{report:?}");
    // The key came back at no probe: it is refused from B after its withdrawal on.
    assert!(report.slowest_withdrawal <= KeyPolicy::default().promises().withdrawn_key, "{report:?}");
}

prop_compose! {
    fn policies()(
        cooldown in 1u64..20, timeout in 1u64..10, budget in 1usize..20, floor in 20u64..120, ceiling in 1u64..900,
        stale in 60u64..100_000, wait in 0u64..10_000, negative in 0u64..120, size in 1usize..64,
    ) -> KeyPolicy {
        KeyPolicy {
            refresh: seconds(floor + ceiling / 2),
            refresh_floor: seconds(floor),
            refresh_ceiling: seconds(floor + ceiling),
            fetch_timeout: seconds(timeout),
            cooldown: seconds(cooldown),
            fetches_per_minute: budget,
            retry_ceiling: seconds(cooldown.max(floor / 2)),
            max_stale: seconds(stale),
            wait: Duration::from_millis(wait),
            negative_life: seconds(negative),
            negative_size: size,
            waiting_readers: 16,
            forgotten: 4,
        }
    }
}

prop_compose! {
    fn scripts()(
        keys in prop::collection::vec((0u64..20_000, 100u64..20_000), 1..6),
        outages in prop::collection::vec((0u64..20_000, 1u64..9_000, 0usize..4), 0..4),
        rollback in prop::option::of((3_000u64..20_000, 1u64..4_000, 0u64..3_000)),
        flood in prop::option::of((0u64..20_000, 1u64..120, 20u64..200)),
        jumps in prop::collection::vec((0u64..20_000, -100_000i64..100_000), 0..4),
        max_age in prop::option::of(0u64..100_000),
        latency in 1u64..900,
        late_view in any::<bool>(),
        probe in 1u64..20,
        early in prop::option::of(1u64..300),
    ) -> Script {
        let troubles = [Trouble::Refused, Trouble::Hangs, Trouble::EmptySet, Trouble::RetryAfter(500)];
        // One key is always there: a set without any is the issuer's trouble, not a rotation.
        let mut all = vec![("anchor".to_owned(), Duration::ZERO, Time::MAX)];
        all.extend(keys.into_iter().enumerate().map(|(n, (from, life))| {
            (format!("key-{n}"), seconds(from), seconds(from + life))
        }));
        let mut jumps: Vec<_> = jumps.into_iter().map(|(at, by)| (seconds(at), by)).collect();
        jumps.sort_unstable();
        Script {
            keys: all,
            outages: outages.into_iter().map(|(from, length, kind)| {
                (seconds(from), seconds(from + length), troubles[kind])
            }).collect(),
            rollbacks: rollback.into_iter().map(|(from, length, view)| {
                (seconds(from), seconds(from + length), seconds(view))
            }).collect(),
            floods: flood.into_iter().map(|(from, length, gap)| {
                (seconds(from), seconds(from + length), Duration::from_millis(gap))
            }).collect(),
            jumps,
            max_age: max_age.map(seconds),
            latency: Duration::from_millis(latency),
            late_view,
            length: seconds(25_000),
            probe: seconds(probe),
            early: seconds(early.unwrap_or_default()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_promises_hold_whatever_the_script_and_the_policy(script in scripts(), policy in policies()) {
        prop_assert_eq!(policy.check(), Ok(()));
        World::new(script, policy).run();
    }
}
