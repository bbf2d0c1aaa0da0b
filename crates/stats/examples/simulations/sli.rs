//! An SLI with a target of 99 %: burn-rate tiers, the same with the exact guard, and the e-detector.

use watchkeeper_stats::random::Xoshiro256;
use watchkeeper_stats::sequential::bets::log_wealth_of_counts;
use watchkeeper_stats::sequential::{Bet, EDetector, Recursion, proportion};
use watchkeeper_stats::slo::tiers::STANDARD_TIERS;
use watchkeeper_stats::slo::{Counts, Guard, Tier, tiers};

use super::harness::{Plan, number};

const BUDGET: f64 = 0.01;
const MINUTE: i64 = 60_000_000;
const STEP: i64 = 5 * MINUTE;
const PER_HOUR: usize = 12;
const HEALTHY: f64 = 0.005;

/// Cumulative bad events a bucket of five minutes, from the last alert on.
#[derive(Default)]
struct Buckets {
    bad: Vec<u64>,
}

impl Buckets {
    fn push(&mut self, bad: u64) {
        self.bad.push(self.bad.last().copied().unwrap_or(0) + bad);
    }

    fn window(&self, length: i64, rows: u64) -> Option<Counts> {
        let buckets = (length / STEP) as usize;
        let last = self.bad.len().checked_sub(1)?;
        let before = match buckets.cmp(&self.bad.len()) {
            std::cmp::Ordering::Greater => return None,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Less => self.bad[last - buckets],
        };
        Some(Counts { bad: self.bad[last] - before, valid: rows * buckets as u64 })
    }
}

/// One of the three rules, over buckets of `rows` events.
pub enum Watch {
    Tiers { tiers: Vec<Tier>, guard: Guard, rows: u64, buckets: Vec<u64> },
    Sequential { bets: Vec<Bet>, detector: EDetector, rows: u64, bad: u64, seen: usize },
}

impl Watch {
    fn tiers(guard: Guard, rows: u64) -> Self {
        let tiers = tiers(&STANDARD_TIERS, 30 * 24 * 60 * MINUTE, BUDGET, STEP).expect("tiers").tiers;
        Self::Tiers { tiers, guard, rows, buckets: Vec::new() }
    }

    fn sequential(rows: u64) -> Self {
        let bets = proportion::bets(BUDGET).expect("bets");
        let detector = EDetector::new(Recursion::ShiryaevRoberts, bets.len()).expect("bets");
        Self::Sequential { bets, detector, rows, bad: 0, seen: 0 }
    }

    /// The next bucket; whether an alert is raised, after which all windows begin anew.
    fn next(&mut self, count: u64) -> bool {
        match self {
            Self::Tiers { tiers, guard, rows, buckets } => {
                let mut sums = Buckets { bad: std::mem::take(buckets) };
                sums.push(count);
                let fires = |tier: &Tier| {
                    let (long, short) = (sums.window(tier.long, *rows), sums.window(tier.short, *rows));
                    let both = long.zip(short);
                    both.is_some_and(|(long, short)| guard.fires(tier, long, short, BUDGET).expect("counts"))
                };
                let is_alert = tiers.iter().any(fires);
                if is_alert {
                    sums.bad.clear();
                }
                *buckets = sums.bad;
                is_alert
            }
            Self::Sequential { bets, detector, rows, bad, seen } => {
                *bad += count;
                *seen += 1;
                if *seen < PER_HOUR {
                    return false;
                }
                let wealth = log_wealth_of_counts(bets, *bad, *rows * PER_HOUR as u64).expect("counts");
                let is_alert = detector.update(0, &wealth).expect("finite") >= 8_760_f64.ln();
                (*bad, *seen) = (0, 0);
                if is_alert {
                    detector.restart();
                }
                is_alert
            }
        }
    }
}

/// Bad events of a bucket, by inversion: one uniform.
pub fn binomial(rows: u64, rate: f64) -> impl Fn(&mut Xoshiro256) -> u64 {
    let mut term = (1.0 - rate).powf(rows as f64);
    let mut sum = term;
    let mut table = vec![sum];
    for k in 1..=rows {
        term *= (rows - k + 1) as f64 / k as f64 * rate / (1.0 - rate);
        sum += term;
        table.push(sum);
    }
    move |generator| {
        let u = generator.uniform();
        table.partition_point(|&below| below <= u).min(rows as usize) as u64
    }
}

/// Mean days between alerts at a steady rate, and how many alerts that rests on.
pub fn between(make: &dyn Fn() -> Watch, rows: u64, rate: f64, days: usize, plan: Plan) -> (f64, u64) {
    let draw = binomial(rows, rate);
    let mut alerts = 0;
    for stream in 0..plan.streams {
        let mut generator = Xoshiro256::new(plan.seed ^ (stream << 20));
        let mut watch = make();
        alerts += (0..days * 24 * PER_HOUR).filter(|_| watch.next(draw(&mut generator))).count() as u64;
    }
    (plan.streams as f64 * days as f64 / alerts as f64, alerts)
}

/// Median hours from a jump to an alert, after four healthy days.
pub fn delay(make: &dyn Fn() -> Watch, rows: u64, rate: f64, plan: Plan) -> f64 {
    let (healthy, bad) = (binomial(rows, HEALTHY), binomial(rows, rate));
    let mut delays = Vec::new();
    for stream in 0..plan.streams {
        let mut generator = Xoshiro256::new(plan.seed ^ (stream << 20) ^ 1);
        let mut watch = make();
        if (0..4 * 24 * PER_HOUR).any(|_| watch.next(healthy(&mut generator))) {
            continue;
        }
        let found = (1..60 * 24 * PER_HOUR).find(|_| watch.next(bad(&mut generator)));
        delays.push(found.map_or(f64::INFINITY, |bucket| bucket as f64 / PER_HOUR as f64));
    }
    delays.sort_unstable_by(f64::total_cmp);
    delays.get(delays.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A rule: its name and how it is made for buckets of so many rows.
pub type Named = (&'static str, fn(u64) -> Watch);

pub const RULES: [Named; 3] = [
    ("four burn tiers", |rows| Watch::tiers(Guard::NONE, rows)),
    ("+ binomial guard", |rows| Watch::tiers(Guard { min_short: 0, ..Guard::default() }, rows)),
    ("e-SR", Watch::sequential),
];

const EXPECTED: [[&str; 6]; 6] = [
    [">1.9e4", "4.2", "35.2", "23.9", "7.3", "0.8"],
    [">1.9e4", "440", "73.3", "48.5", "11.0", "0.8"],
    [">1.9e4", "562", "102", "32.0", "4.0", "1.0"],
    [">1.9e4", "4.1", "36.7", "24.2", "8.1", "0.8"],
    [">1.9e4", "322", "47.5", "31.8", "10.6", "0.8"],
    [">1.9e4", "1331", "15.0", "5.0", "1.0", "1.0"],
];

/// Prints the table.
pub fn print(plan: Plan) {
    println!("### M.5 SLI with a target of 99 %\n");
    println!(
        "{} streams of 100 days for days between alerts, {} runs for delays in hours, seed {}.\n",
        plan.streams, plan.streams, plan.seed
    );
    println!("| traffic | rule | at 0.5 % | M | at 1 % | M | →1.5 % | M | →2 % | M | →5 % | M | →20 % | M |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (traffic, rows) in [60_u64, 600].into_iter().enumerate() {
        for (index, (name, make)) in RULES.into_iter().enumerate() {
            let bucket = rows / PER_HOUR as u64;
            let make = || make(bucket);
            let expected = EXPECTED[traffic * 3 + index];
            let mut line = format!("| {rows}/h | {name} |");
            for (rate, expected) in [HEALTHY, BUDGET].into_iter().zip(expected) {
                let (days, alerts) = between(&make, bucket, rate, 100, plan);
                let shown = if alerts == 0 {
                    format!("> {} d", plan.streams * 100)
                } else {
                    format!("{} d ± {:.0} %", number(days), 100.0 / (alerts as f64).sqrt())
                };
                line += &format!(" {shown} | {expected} |");
            }
            for (rate, expected) in [0.015, 0.02, 0.05, 0.2].into_iter().zip(&expected[2..]) {
                line += &format!(" {} h | {expected} |", number(delay(&make, bucket, rate, plan)));
            }
            println!("{line}");
        }
    }
    println!();
}
