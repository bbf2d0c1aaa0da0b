//! How often nothing is told as something: the simulations behind the defaults, seeded, within sampling error.
//!
//! Expected figures: 100 unchanged features, tested daily at 5 %, one-sided z, give 149 alerts in 30 days raw, 14 with 2 of
//! 3, 1.7 with a false discovery rate of 5 %, and 0.0 with both. A series that hovers below its limit (autoregressive, 0.9,
//! mean −0.2, limit 1, clear below 0.6, hourly) fires 26 times a month plain, 18 to 19 with hysteresis, 10 to 11 with 2 of 3
//! and 3 clear windows on top.

use watchkeeper_stats::random::Xoshiro256;
use watchkeeper_stats::special::normal_sf;
use watchkeeper_watch::alert::{Alert, AlertSettings, What};
use watchkeeper_watch::slo::burn::evaluate;
use watchkeeper_watch::slo::{Clock, Counts, Guards, Ledger, Method, Objective, Period, Policy, Test, Tier, UnknownAs};
use watchkeeper_watch::suppress::fdr::{Dependence, control};
use watchkeeper_watch::time::{DAY, HOUR, MINUTE};
use watchkeeper_watch::{Evaluation, Labels, Outcome, Rank, Severity};

use crate::support::{START, evaluation, history, rule};

const FEATURES: usize = 100;
const DAYS: usize = 600;

fn episodes(settings: AlertSettings, q: Option<f64>) -> f64 {
    let mut random = Xoshiro256::new(20_260_105);
    let template = evaluation("drift", &[("model", "credit")], 0);
    let mut alerts: Vec<Alert> = (0..FEATURES).map(|_| Alert::new(&template)).collect();
    let mut fired = 0_usize;
    let mut changes = Vec::new();
    for day in 0..DAYS {
        let hour = i64::try_from(day).unwrap() + 1;
        let mut family: Vec<Evaluation> = (0..FEATURES)
            .map(|_| {
                let p = normal_sf(random.normal());
                let outcome = if p < 0.05 { Outcome::Breach } else { Outcome::Clear };
                Evaluation { p_value: Some(p), outcome, ..evaluation("drift", &[("model", "credit")], hour) }
            })
            .collect();
        if let Some(q) = q {
            control(&mut family, q, Dependence::Positive, |_| 1.0);
        }
        for (alert, one) in alerts.iter_mut().zip(&family) {
            changes.clear();
            alert.fold(one, &settings, &mut changes);
            fired += changes.iter().filter(|change| matches!(change.what, What::Fired { .. })).count();
        }
    }
    fired as f64 * 30.0 / DAYS as f64
}

#[test]
fn a_hundred_unchanged_features() {
    // Flapping holds would join what is counted here one by one; single days far apart do not flap.
    let raw = AlertSettings::immediate();
    let two_of_three = AlertSettings { breaches: 2, of: 3, keep_firing: 1, no_data_after: None };
    let found = [(raw, None), (two_of_three, None), (raw, Some(0.05)), (two_of_three, Some(0.05))]
        .map(|(settings, q)| episodes(settings, q));
    println!("alerts in 30 days: {found:.1?}; expected 149, 14, 1.7, 0.0");
    // Raw: neighbouring days of one feature are one alert, 100 · 30 · 0.05 · 0.95 = 142.5, or 150 when each day counts.
    let near = |found: f64, expected: f64, error: f64| assert!((found - expected).abs() < error, "{found} {expected}");
    near(found[0], 142.5, 8.0);
    near(found[1], 14.0, 2.5);
    near(found[2], 1.7, 0.9);
    near(found[3], 0.0, 0.1);
}

#[test]
fn a_series_that_hovers_below_its_limit() {
    let months = 60;
    let mut random = Xoshiro256::new(7);
    let mut x = 0.0;
    let values: Vec<f64> = (0..months * 720)
        .map(|_| {
            x = 0.9 * x + random.normal() * (1.0_f64 - 0.81).sqrt();
            x - 0.2
        })
        .collect();
    let fires = |settings: AlertSettings, clear: f64, flaps: bool| -> f64 {
        let template = history("c").remove(0);
        let mut alert = Alert::new(&template);
        let mut one = template.clone();
        let mut changes = Vec::new();
        let mut fired = 0_usize;
        for (index, value) in values.iter().enumerate() {
            one.window_end = template.window_end + i64::try_from(index).unwrap() * one.window;
            one.known_at = one.window_end;
            one.outcome = match *value {
                value if value > 1.0 => Outcome::Breach,
                value if value > clear => Outcome::Near,
                _ => Outcome::Clear,
            };
            changes.clear();
            alert.fold(&one, &settings, &mut changes);
            fired += changes.iter().filter(|change| matches!(change.what, What::Fired { .. })).count();
            if !flaps {
                // Without the flap detector: what it does on top is measured apart.
                alert.hold = None;
            }
        }
        fired as f64 / f64::from(months)
    };
    let plain = AlertSettings::immediate();
    let all = AlertSettings::default();
    let found = [fires(plain, 1.0, false), fires(plain, 0.6, false), fires(all, 0.6, false), fires(all, 0.6, true)];
    println!("episodes a month: {found:.1?}; expected 26, 18, 10, and less");
    let near = |found: f64, expected: f64, error: f64| assert!((found - expected).abs() < error, "{found} {expected}");
    near(found[0], 26.0, 2.0);
    near(found[1], 18.5, 2.0);
    near(found[2], 10.5, 1.5);
    assert!(found[3] <= found[2]);
}

/// 10 predictions an hour, half of the budget of 99 % used: the page of the first hour (14.4 times) alone fires 3.2 times in
/// 30 days, with its guards never.
#[test]
fn an_objective_with_few_events() {
    let days = 600;
    let width = 5 * MINUTE;
    let mut random = Xoshiro256::new(11);
    let counts: Vec<Counts> = (0..days * 288)
        .map(|_| {
            // Arrivals are Poisson: product of uniforms against e^-λ.
            let (mut events, mut product) = (0_u64, random.uniform());
            while product > (-10.0_f64 / 12.0).exp() {
                events += 1;
                product *= random.uniform();
            }
            let bad = (0..events).filter(|_| random.uniform() < 0.005).count() as u64;
            Counts { good: events - bad, bad, unknown: 0 }
        })
        .collect();
    let pages = |guards: Guards| -> f64 {
        let tier = Tier { severity: Severity::Page, test: Test::Burn { long: HOUR, short: width, factor: 14.4 } };
        let objective = Objective {
            rule: rule("answers"),
            revision: 1,
            labels: Labels::new(),
            target: 0.99,
            method: Method::Occurrences,
            unknown: UnknownAs::Exclude,
            period: Period::Rolling { length: 30 * DAY },
            policy: Policy { tiers: vec![tier], guards },
            clock: Clock::Event,
            rank: Rank::Source,
        };
        let mut fired = 0_u32;
        let mut firing = false;
        // An hour of slices is all that the page looks at.
        for (index, window) in counts.windows(12).enumerate() {
            // Without a bad one there is nothing to evaluate.
            let breach = window.iter().any(|one| one.bad > 0) && {
                let mut ledger = Ledger::new(width);
                for (slice, one) in window.iter().enumerate() {
                    let start = START + i64::try_from(index + slice).unwrap() * width;
                    ledger.record(start, start + width, *one);
                }
                let at = START + i64::try_from(index + 12).unwrap() * width;
                evaluate(&objective, &ledger, at, at, &|_, _| false).outcome == Outcome::Breach
            };
            fired += u32::from(breach && !firing);
            firing = breach;
        }
        f64::from(fired) * 30.0 / days as f64
    };
    let bare = Guards { min_bad: 0, min_total: 0, chance: None, min_short: 0 };
    let least = Guards { chance: None, min_short: 0, ..Guards::default() };
    let found = [pages(bare), pages(least), pages(Guards::default())];
    println!("false pages in 30 days: {found:.2?}; expected 3.2 without guards, 0 with them");
    // Some 64 in all: a standard error of 0.4.
    assert!((found[0] - 3.2).abs() < 1.2, "{found:?}");
    assert_eq!(found[1..], [0.0, 0.0]);
}

#[test]
fn weights_move_the_bar() {
    let of = |p: f64| Evaluation { p_value: Some(p), ..evaluation("drift", &[], 1) };
    let family = || vec![of(0.02), of(0.02), of(0.9), of(0.9)];
    let mut equal = family();
    assert_eq!(control(&mut equal, 0.05, Dependence::Positive, |_| 1.0), 2, "0.02 · 4/2 = 0.04 passes, 0.9 does not");
    assert_eq!(equal[0].outcome, Outcome::Breach);
    let mut by = family();
    assert_eq!(control(&mut by, 0.05, Dependence::Any, |_| 1.0), 4, "0.04 · 25/12 = 0.083");
    let mut weighted = family();
    let weigh = |one: &Evaluation| if one.p_value == Some(0.9) { 4.0 } else { 1.0 };
    assert_eq!(control(&mut weighted, 0.05, Dependence::Positive, weigh), 4, "the others count for more");
    assert!((weighted[0].evidence["p_adjusted"] - 0.02 * 2.5 * 4.0 / 2.0).abs() < 1e-12);
    let mut odd = family();
    assert_eq!(control(&mut odd, 0.05, Dependence::Positive, |_| f64::NAN), 2, "weights that are none are equal");
    let mut none: Vec<Evaluation> = vec![Evaluation { p_value: None, ..of(0.5) }];
    assert_eq!(control(&mut none, 0.05, Dependence::Positive, |_| 1.0), 0);
    assert_eq!(none[0].outcome, Outcome::Breach, "what is no test stays");
}
