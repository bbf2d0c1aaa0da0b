//! A lognormal feature against a reference of 10 000 rows.

use watchkeeper_stats::drift::{ks, psi::psi};
use watchkeeper_stats::random::Xoshiro256;
use watchkeeper_stats::sequential::Recursion;
use watchkeeper_stats::sequential::pit::{Pit, PitSettings};
use watchkeeper_stats::special::chi2_quantile;
use watchkeeper_stats::stream as s;
use watchkeeper_stats::{Smoothing, special};

use super::harness::{Maker, Plan, Rule};
use super::rules::{Sequential, Stream, Windowed};

const REFERENCE: usize = 10_000;
const WINDOW: usize = 500;
/// 95 % point of a standard normal.
const Q95: f64 = 1.644_853_626_951_472_2;

/// A rule and the specification's values: run length, four delays.
struct Entry {
    name: &'static str,
    make: Maker,
    expected: [&'static str; 5],
    thin: u64,
}

/// The log of the feature: lognormal means normal.
fn draw(shift: f64, scale: f64) -> impl Fn(&mut Xoshiro256) -> f64 {
    move |generator| (scale * generator.normal() + shift).exp()
}

/// 5 % of the rows are drawn anew from above the 95 % point.
fn with_tail(generator: &mut Xoshiro256) -> f64 {
    if generator.uniform() < 0.05 {
        special::normal_quantile(0.95 + 0.05 * generator.uniform()).max(Q95).exp()
    } else {
        generator.normal().exp()
    }
}

fn reference(generator: &mut Xoshiro256) -> Vec<f64> {
    let mut values: Vec<f64> = (0..REFERENCE).map(|_| generator.normal().exp()).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Upper edges of bins of equal counts, and those counts.
struct Bins {
    edges: Vec<f64>,
    counts: Vec<u64>,
}

impl Bins {
    fn new(reference: &[f64], bins: usize) -> Self {
        let edges: Vec<f64> = (1..bins).map(|bin| reference[bin * REFERENCE / bins - 1]).collect();
        let mut counts = vec![0; bins];
        reference.iter().for_each(|&x| counts[edges.partition_point(|&edge| edge < x)] += 1);
        Self { edges, counts }
    }

    fn bin(&self, x: f64) -> usize {
        self.edges.partition_point(|&edge| edge < x)
    }

    fn count(&self, values: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; self.counts.len()];
        values.iter().for_each(|&x| counts[self.bin(x)] += 1);
        counts
    }
}

fn pit(generator: &mut Xoshiro256, c: f64, size: usize, with_reference_noise: bool) -> Box<dyn Rule> {
    let bins = Bins::new(&reference(generator), BINS);
    let settings = PitSettings { location: 0.01, spread: 0.01, with_reference_noise };
    let plan = Pit::new(&bins.counts, settings).expect("a plan");
    let one_row = |bin: usize| {
        let mut counts = vec![0; BINS];
        counts[bin] = 1;
        plan.log_wealth(&counts).expect("bins")
    };
    let factors: Vec<Vec<f64>> = (0..BINS).map(one_row).collect();
    let add = move |x: f64, sums: &mut [f64]| {
        sums.iter_mut().zip(&factors[bins.bin(x)]).for_each(|(sum, factor)| *sum += factor);
    };
    Box::new(Sequential::new(Recursion::ShiryaevRoberts, plan.bets().len(), c, size, add))
}

/// Bins of the anchored histogram of a profile.
const BINS: usize = 200;

fn windowed(is_beyond: impl FnMut(&mut [f64]) -> bool + 'static) -> Box<dyn Rule> {
    Box::new(Windowed { size: WINDOW, values: Vec::new(), is_beyond })
}

fn ks_rule(generator: &mut Xoshiro256, is_beyond: impl Fn(f64) -> bool + 'static) -> Box<dyn Rule> {
    let reference = reference(generator);
    windowed(move |values| {
        values.sort_unstable_by(f64::total_cmp);
        is_beyond(ks::ks(&reference, values))
    })
}

fn psi_rule(generator: &mut Xoshiro256, limit: f64) -> Box<dyn Rule> {
    let bins = Bins::new(&reference(generator), 10);
    windowed(move |values| psi(&bins.counts, &bins.count(values), Smoothing::JEFFREYS).is_ok_and(|value| value > limit))
}

fn entries() -> Vec<Entry> {
    let entry = |name, expected, make: Maker| Entry { name, make, expected, thin: 1 };
    let adwin = || s::Adwin::new(s::AdwinParameters::default());
    let s = 1.0 / REFERENCE as f64 + 1.0 / WINDOW as f64;
    let null = chi2_quantile(0.999, 9.0) * s;
    let mut kswin = entry(
        "KSWIN default",
        ["747", "122", "122", "122", "122"],
        Box::new(|_| {
            Box::new(Stream(s::Kswin::new(s::KswinParameters::default(), s::SeededSampler::new(1)).expect("sizes")))
        }),
    );
    kswin.thin = 20;
    let p_value = |d: f64| ks::asymptotic_p_value(d, REFERENCE as u64, WINDOW as u64);
    vec![
        entry("PIT e-SR, c=1e4", ["62521", "1688", "185", "213", "1287"], Box::new(|g| pit(g, 1e4, 1, false))),
        entry("PIT e-SR, c=1e5", ["1.06e6", "2800", "258", "270", "2696"], Box::new(|g| pit(g, 1e5, 1, false))),
        entry(
            "PIT e-SR per 100 rows, c=1000",
            ["1.99e7", "3050", "300", "400", "3000"],
            Box::new(|g| pit(g, 1e3, 100, false)),
        ),
        entry(
            "PIT e-SR + noise of the reference, c=1e4",
            ["–", "–", "–", "–", "–"],
            Box::new(|g| pit(g, 1e4, 1, true)),
        ),
        entry("ADWIN raw x", ["15707", "3064", "248", "248", "760"], Box::new(move |_| Box::new(Stream(adwin())))),
        entry(
            "ADWIN on ln x",
            ["1.95e6", "2360", "248", "inf (94 %)", "2440"],
            Box::new(move |_| Box::new(Logged(Stream(adwin())))),
        ),
        entry(
            "Page–Hinkley default, raw",
            ["350", "–", "–", "–", "–"],
            Box::new(|_| Box::new(Stream(s::PageHinkley::new(s::PageHinkleyParameters::default())))),
        ),
        kswin,
        entry(
            "KS p<.05 per 500 rows",
            ["10532", "500", "500", "500", "500"],
            Box::new(move |g| ks_rule(g, move |d| p_value(d) < 0.05)),
        ),
        entry(
            "KS D>.1 per 500 rows",
            ["6.6e6", "16750 (45 %)", "500", "6500 (17 %)", "inf (64 %)"],
            Box::new(|g| ks_rule(g, |d| d > 0.1)),
        ),
        entry(
            "PSI>.1 per 500 rows",
            [">2e7", "inf (98 %)", "500", "1500", "inf (95 %)"],
            Box::new(|g| psi_rule(g, 0.1)),
        ),
        entry("PSI>.2 per 500 rows", [">2e7", "inf", "inf (91 %)", "inf", "inf"], Box::new(|g| psi_rule(g, 0.2))),
        entry(
            "PSI > null q99.9, 500 rows",
            ["578844", "19000 (47 %)", "500", "500", "3500"],
            Box::new(move |g| psi_rule(g, null)),
        ),
    ]
}

/// A rule on the log of the feature.
struct Logged<R>(R);

impl<R: Rule> Rule for Logged<R> {
    fn next(&mut self, x: f64) -> bool {
        self.0.next(x.ln())
    }
}

/// Prints the table.
pub fn print(plan: Plan) {
    println!("### M.4 Unbounded feature\n");
    println!(
        "{} streams of {} rows, {} runs for delays, at most {} rows after the change, seed {}.\n",
        plan.streams, plan.rows, plan.streams, plan.after, plan.seed
    );
    println!("| detector | ARL (rows) | M | +0.1σ | M | +0.3σ | M | scale ×1.25 | M | tail | M |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for entry in entries() {
        let plan = Plan { streams: (plan.streams / entry.thin).max(1), ..plan };
        let none = draw(0.0, 1.0);
        let run_length = plan.run_length(&entry.make, &none);
        let (small, large, wide) = (draw(0.1, 1.0), draw(0.3, 1.0), draw(0.0, 1.25));
        let changes: [super::harness::Draw<'_>; 4] = [&small, &large, &wide, &with_tail];
        let mut line = format!("| {} | {run_length} | {} |", entry.name, entry.expected[0]);
        for (change, expected) in changes.into_iter().zip(&entry.expected[1..]) {
            let delays = plan.delays(&entry.make, &none, change);
            line += &format!(" {delays} | {expected} |");
        }
        println!("{line}");
    }
    println!();
}
