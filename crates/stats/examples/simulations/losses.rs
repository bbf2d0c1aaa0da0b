//! Bounded losses that are not 0 or 1, and error rates with a season.

use watchkeeper_stats::random::Xoshiro256;
use watchkeeper_stats::sequential::Recursion::ShiryaevRoberts;
use watchkeeper_stats::sequential::bets::{Variance, log_wealth_of_counts};
use watchkeeper_stats::sequential::seasonal::SeasonalBets;
use watchkeeper_stats::sequential::{EDetector, Recursion};
use watchkeeper_stats::stream as s;

use super::harness::{Draw, Maker, Plan, number};
use super::rules::{DELTAS, Stream, mean};
use super::sli::binomial;

/// Gamma of shape at least 1 (Marsaglia & Tsang 2000, <https://doi.org/10.1145/358407.358414>).
fn gamma(shape: f64, generator: &mut Xoshiro256) -> f64 {
    let d = shape - 1.0 / 3.0;
    loop {
        let x = generator.normal();
        let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
        if v > 0.0 && (1.0 - generator.uniform()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// Beta with this mean and a deviation of 0.1.
pub fn beta(mean: f64) -> impl Fn(&mut Xoshiro256) -> f64 {
    let sum = mean * (1.0 - mean) / 0.01 - 1.0;
    let (a, b) = (mean * sum, (1.0 - mean) * sum);
    move |generator| {
        let (x, y) = (gamma(a, generator), gamma(b, generator));
        x / (x + y)
    }
}

/// Prints both tables.
pub fn print(plan: Plan) {
    println!("### M.6 Bounded losses\n");
    println!(
        "Beta(mean .20, sd .10), {} streams of {} rows, {} runs for delays, seed {}.\n",
        plan.streams, plan.rows, plan.streams, plan.seed
    );
    println!("| detector | ARL | M | →.205 | M | →.21 | M | →.22 | M | →.25 | M |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let of = |variance| move |_: &mut Xoshiro256| mean(ShiryaevRoberts, 0.2, variance, 1e4, 1);
    let entries: [(&str, Maker, [&str; 5]); 4] = [
        ("e-SR, reference variance", Box::new(of(Variance::Reference(0.01))), ["11728", "1431", "585", "181", "46"]),
        ("e-SR, as for 0/1 data", Box::new(of(Variance::Binary)), ["10421", "1170", "468", "200", "68"]),
        (
            "ADWIN default",
            Box::new(|_| Box::new(Stream(s::Adwin::new(s::AdwinParameters::default())))),
            [">1e7", "inf", "7112", "1240", "280"],
        ),
        (
            "Page–Hinkley default",
            Box::new(|_| Box::new(Stream(s::PageHinkley::new(s::PageHinkleyParameters::default())))),
            [">1e7", "inf", "inf", "8710", "1240"],
        ),
    ];
    for (name, make, expected) in entries {
        let before = beta(0.2);
        let mut line = format!("| {name} | {} | {} |", plan.run_length(&make, &before), expected[0]);
        for (after, expected) in [0.205, 0.21, 0.22, 0.25].into_iter().zip(&expected[1..]) {
            let after = beta(after);
            let change: Draw<'_> = &after;
            line += &format!(" {} | {expected} |", plan.delays(&make, &before, change));
        }
        println!("{line}");
    }
    println!();
    season(plan);
}

const LABELS: u64 = 300;

/// A baseline: bounds by hour of the day, and hours in a window.
pub struct Baseline {
    pub name: &'static str,
    pub bets: SeasonalBets,
    pub hours: usize,
    pub expected: [&'static str; 4],
}

fn rate(hour: usize) -> f64 {
    0.1 + 0.04 * (hour as f64 * std::f64::consts::TAU / 24.0).sin()
}

pub fn baselines() -> Vec<Baseline> {
    let bets = |thetas: &[f64]| SeasonalBets::new(thetas, &DELTAS, Variance::Binary).expect("bounds");
    let by_hour: Vec<f64> = (0..24).map(rate).collect();
    vec![
        Baseline { name: "flat θ0=.10, hourly", bets: bets(&[0.1]), hours: 1, expected: ["11", "–", "–", "–"] },
        Baseline {
            name: "flat θ0=.14, hourly",
            bets: bets(&[0.14]),
            hours: 1,
            expected: ["1.7e6", "inf", "1029", "7"],
        },
        Baseline { name: "θ0(hour), hourly", bets: bets(&by_hour), hours: 1, expected: ["42968", "44", "15", "4"] },
        Baseline { name: "flat θ0=.10, daily", bets: bets(&[0.1]), hours: 24, expected: ["5.8e5", "48", "24", "24"] },
    ]
}

/// Hours to the first alarms: a step of the whole curve by `step` after `before` hours; `None` for none in `after`
/// hours.
fn first_alarm(
    baseline: &Baseline,
    step: f64,
    before: usize,
    after: usize,
    generator: &mut Xoshiro256,
) -> Option<Option<usize>> {
    let mut detector = EDetector::new(Recursion::ShiryaevRoberts, baseline.bets.count()).expect("bets");
    let table = |hour: usize| [binomial(LABELS, rate(hour)), binomial(LABELS, rate(hour) + step)];
    let tables: Vec<_> = (0..24).map(table).collect();
    let log_threshold = (8_760.0 / baseline.hours as f64).ln();
    let (mut bad, mut rows) = (0, 0);
    for hour in 0..before + after {
        bad += tables[hour % 24][usize::from(hour >= before)](generator);
        rows += LABELS;
        if !(hour + 1).is_multiple_of(baseline.hours) {
            continue;
        }
        let wealth = log_wealth_of_counts(baseline.bets.bets(hour), bad, rows).expect("counts");
        (bad, rows) = (0, 0);
        if detector.update(0, &wealth).expect("finite") >= log_threshold {
            return if hour < before { None } else { Some(Some(hour + 1 - before)) };
        }
    }
    Some(None)
}

/// Mean hours between false alarms over `hours` hours a stream, and the alarms it rests on.
pub fn between(baseline: &Baseline, hours: usize, plan: Plan) -> (f64, u64) {
    let mut alarms = 0;
    for stream in 0..plan.streams {
        let mut generator = Xoshiro256::new(plan.seed ^ (stream << 20) ^ 2);
        let mut at = 0;
        // Each alarm begins a new run at midnight, which moves phases a little.
        while let Some(Some(hour)) = first_alarm(baseline, 0.0, 0, hours - at, &mut generator) {
            alarms += 1;
            at += hour;
            if at >= hours {
                break;
            }
        }
    }
    (plan.streams as f64 * hours as f64 / alarms as f64, alarms)
}

/// Median hours from a step to an alarm.
pub fn delay(baseline: &Baseline, step: f64, plan: Plan) -> f64 {
    let run = |stream: u64| {
        let mut generator = Xoshiro256::new(plan.seed ^ (stream << 20) ^ 3);
        first_alarm(baseline, step, 240, 8_760, &mut generator)
    };
    let hours = |found: Option<usize>| found.map_or(f64::INFINITY, |hour| hour as f64);
    let mut delays: Vec<f64> = (0..plan.streams).filter_map(run).map(hours).collect();
    delays.sort_unstable_by(f64::total_cmp);
    delays.get(delays.len() / 2).copied().unwrap_or(f64::NAN)
}

fn season(plan: Plan) {
    println!("### M.6 Seasonality\n");
    println!(
        "Error rate .10 + .04 sin over the day, 300 labels an hour, c = one year; {} streams of one year, hours.\n",
        plan.streams
    );
    println!("| baseline | between false alarms | M | +.01 | M | +.02 | M | +.05 | M |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for baseline in baselines() {
        let (hours, alarms) = between(&baseline, 8_760, plan);
        let shown = if alarms == 0 {
            format!("> {}", number(plan.streams as f64 * 8_760.0))
        } else {
            format!("{} ± {:.0} %", number(hours), 100.0 / (alarms as f64).sqrt())
        };
        let mut line = format!("| {} | {shown} | {} |", baseline.name, baseline.expected[0]);
        for (step, expected) in [0.01, 0.02, 0.05].into_iter().zip(&baseline.expected[1..]) {
            line += &format!(" {} | {expected} |", number(delay(&baseline, step, plan)));
        }
        println!("{line}");
    }
    println!();
}
