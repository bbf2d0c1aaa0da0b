//! The simulations of `examples/simulations` in small, against the tables of the specification (methods.md M) within
//! stated sampling error, and the promises that hold for any table.
#![allow(dead_code, unreachable_pub, reason = "the example uses more of its modules than the test")]
#![allow(clippy::expect_used, reason = "fixed parameters of the example")]

#[path = "../../examples/simulations/binary.rs"]
mod binary;
#[path = "../../examples/simulations/harness.rs"]
mod harness;
#[path = "../../examples/simulations/losses.rs"]
mod losses;
#[path = "../../examples/simulations/rules.rs"]
mod rules;
#[path = "../../examples/simulations/sli.rs"]
mod sli;

use harness::{Plan, RunLength};
use watchkeeper_stats::sequential::Recursion;
use watchkeeper_stats::sequential::bets::Variance;

const PLAN: Plan = Plan { streams: 60, rows: 100_000, before: 5_000, after: 30_000, seed: 77 };

/// Within four standard errors of a run length that the specification measured on 300 streams of 100 000 rows.
fn agrees(name: &str, got: RunLength, expected: f64) {
    let theirs = (expected / 3e7).sqrt();
    let error = got.error().hypot(theirs);
    assert!((got.mean() / expected - 1.0).abs() < 4.0 * error, "{name}: {} for {expected}", got.mean());
}

/// Within four standard errors of a median that the specification measured on 200 runs or more; ours is from the
/// interval.
fn delays_agree(name: &str, got: &harness::Delays, expected: f64) {
    let (lo, hi) = got.interval();
    let ours = (hi - lo) / (2.0 * 1.96);
    let error = ours * (1.0 + PLAN.streams as f64 / 200.0).sqrt();
    let off = (got.median() - expected).abs();
    // Rules over windows of 500 rows have delays in steps of 500.
    let step = if got.median() % 500.0 == 0.0 && expected % 500.0 == 0.0 { 500.0 } else { 1.0 };
    assert!(off <= 4.0 * error + step, "{name}: {} [{lo}, {hi}] for {expected}", got.median());
}

#[test]
fn binary_tables() {
    // Not DDM and EDDM: what they learned at the start of a stream decides how often it alarms, so alarms are no
    // Poisson.
    const WANTED: [&str; 8] = [
        "Page–Hinkley λ=50",
        "z per 500 rows, 1.96",
        "CUSUM tuned to .15, h=5",
        "e-SR c=1e4",
        "e-SR, tolerance .01 (c=4107)",
        "e-CUSUM (c=678)",
        "ADWIN (δ=.315)",
        "e-SR per 100 rows, c=200",
    ];
    let mut rows = 0;
    let entries = binary::defaults().into_iter().chain(binary::tuned());
    for entry in entries.filter(|entry| WANTED.contains(&entry.name)) {
        rows += 1;
        let (run_length, _) = binary::measure(&entry, Plan { streams: 25, after: 1, ..PLAN });
        let (_, delays) = binary::measure(&entry, Plan { rows: 1, ..PLAN });
        agrees(entry.name, run_length, entry.expected[0].parse().unwrap());
        for (delay, expected) in delays.iter().zip(&entry.expected[2..]) {
            delays_agree(entry.name, delay, expected.parse().unwrap());
        }
    }
    assert_eq!(rows, WANTED.len());
}

/// The promise: windows to a false alarm are at least `c` on the average, for each recursion, window and tolerance.
#[test]
fn run_lengths_keep_the_promise() {
    for (recursion, theta, size, c) in [
        (Recursion::ShiryaevRoberts, 0.1, 1, 1_000.0),
        (Recursion::Cusum, 0.1, 1, 100.0),
        (Recursion::ShiryaevRoberts, 0.1, 20, 200.0),
        (Recursion::ShiryaevRoberts, 0.11, 1, 1_000.0),
    ] {
        let make: harness::Make<'_> = &|_| rules::mean(recursion, theta, Variance::Binary, c, size);
        let got = Plan { streams: 10, ..PLAN }.run_length(make, &rules::bernoulli(0.1));
        // Lower 99 % bound.
        let bound = got.mean() / size as f64 / (1.0 + 2.33 * got.error());
        assert!(bound >= 0.95 * c && got.alarms > 20.0, "{recursion:?} {theta} {size}: {bound} for {c}");
    }
}

#[test]
fn losses_table() {
    for (variance, arl, delays) in [
        (Variance::Reference(0.01), 11_728.0, [585.0, 181.0, 46.0]),
        (Variance::Binary, 10_421.0, [468.0, 200.0, 68.0]),
    ] {
        let make: harness::Make<'_> = &|_| rules::mean(Recursion::ShiryaevRoberts, 0.2, variance, 1e4, 1);
        let before = losses::beta(0.2);
        agrees("losses", Plan { streams: 8, ..PLAN }.run_length(make, &before), arl);
        for (rate, expected) in [0.21, 0.22, 0.25].into_iter().zip(delays) {
            delays_agree("losses", &PLAN.delays(make, &before, &losses::beta(rate)), expected);
        }
    }
}

#[test]
fn sli_table() {
    let plan = Plan { streams: 31, ..PLAN };
    let expected = [(4.1, 36.7, 24.2, 8.1, 0.8), (322.0, 47.5, 31.8, 10.6, 0.8), (1_331.0, 15.0, 5.0, 1.0, 1.0)];
    for ((name, make), (days, to_15, to_20, to_50, to_200)) in sli::RULES.into_iter().zip(expected) {
        let make = || make(50);
        let (_, healthy) = sli::between(&make, 50, 0.005, 20, plan);
        assert_eq!(healthy, 0, "{name}");
        let (got, alerts) = sli::between(&make, 50, 0.01, 100, plan);
        // Theirs rests on 19 000 days.
        let error = (1.0 / alerts as f64).sqrt().hypot((days / 19_000.0_f64).sqrt());
        assert!((got / days - 1.0).abs() < 4.0 * error, "{name}: {got} ± {error} for {days}");
        for (rate, expected, slack) in
            [(0.015, to_15, 0.35), (0.02, to_20, 0.35), (0.05, to_50, 0.35), (0.2, to_200, 0.35)]
        {
            let got = sli::delay(&make, 50, rate, plan);
            assert!((got / expected - 1.0).abs() < slack, "{name} {rate}: {got} for {expected}");
        }
    }
}

#[test]
fn season_table() {
    let plan = Plan { streams: 15, ..PLAN };
    let baselines = losses::baselines();
    let between = |index: usize| losses::between(&baselines[index], 8_760, plan);
    let (flat, _) = between(0);
    assert!((flat / 11.0 - 1.0).abs() < 0.1, "{flat}");
    // At least a year of evaluations between false alarms, as promised, where the hypothesis holds.
    for index in [1, 2, 3] {
        let (_, alarms) = between(index);
        assert!(alarms <= 15, "{}: {alarms}", baselines[index].name);
    }
    let by_hour = [0.01, 0.02, 0.05].map(|step| losses::delay(&baselines[2], step, plan));
    for (got, expected) in by_hour.into_iter().zip([44.0, 15.0, 4.0]) {
        assert!((got / expected - 1.0).abs() < 0.5, "{by_hour:?}");
    }
}
