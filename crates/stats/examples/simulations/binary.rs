//! Error streams of 0 and 1: default settings, and all tuned to the same rate of false alarms.

use watchkeeper_stats::sequential::Recursion::{Cusum, ShiryaevRoberts};
use watchkeeper_stats::sequential::bets::Variance::Binary;
use watchkeeper_stats::stream as s;

use super::harness::{Maker, Plan, Rule};
use super::rules::{Stream, ZTest, bernoulli, mean};

const RATE: f64 = 0.1;
const AFTER: [f64; 3] = [0.12, 0.15, 0.2];

/// A rule, and what the specification says of it: run length, share of early alarms, delays.
pub struct Entry {
    pub name: &'static str,
    pub make: Maker,
    pub expected: [&'static str; 5],
    /// By how much to divide the number of streams, for slow rules.
    pub thin: u64,
}

fn entry(name: &'static str, expected: [&'static str; 5], make: impl Fn() -> Box<dyn Rule> + 'static) -> Entry {
    Entry { name, make: Box::new(move |_| make()), expected, thin: 1 }
}

fn boxed(detector: impl s::Detector + 'static) -> Box<dyn Rule> {
    Box::new(Stream(detector))
}

fn adwin(delta: f64) -> Box<dyn Rule> {
    boxed(s::Adwin::new(s::AdwinParameters { delta, ..Default::default() }))
}

fn page_hinkley(threshold: f64) -> Box<dyn Rule> {
    boxed(s::PageHinkley::new(s::PageHinkleyParameters { threshold, ..Default::default() }))
}

fn hddm(level: f64) -> s::HddmParameters {
    s::HddmParameters { drift_confidence: level, warning_confidence: level, ..Default::default() }
}

fn ddm(threshold: f64) -> Box<dyn Rule> {
    boxed(s::Ddm::new(s::DdmParameters { drift_threshold: threshold, ..Default::default() }))
}

fn eddm(beta: f64) -> Box<dyn Rule> {
    boxed(s::Eddm::new(s::EddmParameters { beta, ..Default::default() }))
}

fn z(limit: f64, size: usize, is_cumulative: bool) -> Box<dyn Rule> {
    Box::new(ZTest::new(RATE, limit, size, is_cumulative))
}

fn cusum(limit: f64) -> Box<dyn Rule> {
    boxed(s::BernoulliCusum::new(RATE, 0.15, limit).expect("rates"))
}

/// Default settings.
pub fn defaults() -> Vec<Entry> {
    let mut kswin = entry("KSWIN .005", ["no alarms", "", "–", "–", "–"], || {
        boxed(s::Kswin::new(s::KswinParameters::default(), s::SeededSampler::new(1)).expect("sizes"))
    });
    kswin.thin = 20;
    vec![
        entry("ADWIN δ=.002", ["5.9e6", "0 %", "inf (62 %)", "984", "280"], || adwin(0.002)),
        entry("DDM (3σ)", ["142078", "44 %", "5592", "1221", "509"], || ddm(3.0)),
        entry("EDDM β=.9", ["2785", "96 %", "3193", "1188", "656"], || eddm(0.9)),
        entry("HDDM-A .001", ["1.05e6", "2 %", "inf (93 %)", "1866", "444"], || boxed(s::HddmA::new(hddm(0.001)))),
        entry("HDDM-W .001", ["9.96e6", "0 %", "inf (99 %)", "inf (70 %)", "2763"], || {
            boxed(s::HddmW::new(hddm(0.001)))
        }),
        entry("Page–Hinkley λ=50", ["31465", "0 %", "3273", "974", "442"], || page_hinkley(50.0)),
        kswin,
        entry("z per 500 rows, 1.96", ["12063", "43 %", "1500", "500", "500"], || z(1.96, 500, false)),
        entry("z per 500 rows, 3", ["215701", "2 %", "4500", "500", "500"], || z(3.0, 500, false)),
        entry("cumulative z each 100 rows, 1.96", ["110059", "32 %", "2500", "900", "500"], || z(1.96, 100, true)),
        entry("CUSUM tuned to .15, h=5", ["17495", "24 %", "1170", "246", "107"], || cusum(5.0)),
        entry("e-SR c=1e4", ["12442", "27 %", "922", "250", "102"], || mean(ShiryaevRoberts, RATE, Binary, 1e4, 1)),
        entry("e-SR c=1e5", ["125395", "0.7 %", "1862", "477", "153"], || mean(ShiryaevRoberts, RATE, Binary, 1e5, 1)),
        entry("e-SR per 100 rows, c=1000", ["259229", "0 %", "2100", "600", "200"], || {
            mean(ShiryaevRoberts, RATE, Binary, 1e3, 100)
        }),
    ]
}

/// All tuned to about 20 000 rows, then guaranteed settings without tuning.
pub fn tuned() -> Vec<Entry> {
    let none = "";
    vec![
        entry("CUSUM, oracle for .15 (h=5.078)", ["19572", none, "1201", "260", "109"], || cusum(5.078)),
        entry("e-SR (c=15100)", ["20253", none, "1055", "292", "116"], || {
            mean(ShiryaevRoberts, RATE, Binary, 15_100.0, 1)
        }),
        entry("e-SR, tolerance .01 (c=4107)", ["20470", none, "1272", "309", "105"], || {
            mean(ShiryaevRoberts, 0.11, Binary, 4_107.0, 1)
        }),
        entry("ADWIN (δ=.315)", ["19397", none, "1368", "312", "120"], || adwin(0.315)),
        entry("e-CUSUM (c=678)", ["20664", none, "1754", "377", "116"], || mean(Cusum, RATE, Binary, 678.0, 1)),
        entry("Page–Hinkley (λ=39.4)", ["20937", none, "1881", "677", "324"], || page_hinkley(39.4)),
        entry("HDDM-W (.018)", ["19122", none, "3941", "801", "144"], || boxed(s::HddmW::new(hddm(0.018)))),
        entry("HDDM-A (.0154)", ["19226", none, "inf (54 %)", "997", "299"], || boxed(s::HddmA::new(hddm(0.0154)))),
        entry("DDM (2.51σ)", ["35839", none, "2157", "731", "317"], || ddm(2.51)),
        entry("EDDM (β=.839)", ["19632", none, "6180 (14 %)", "1901", "997"], || eddm(0.839)),
        entry("z per 500 rows (2.23σ)", ["18138", none, "1500", "500", "500"], || z(2.23, 500, false)),
        entry("e-SR c=20000", ["25854", none, "1228", "320", "120"], || mean(ShiryaevRoberts, RATE, Binary, 2e4, 1)),
        entry("e-SR, tolerance .01, c=20000", ["164792", none, "3105", "520", "155"], || {
            mean(ShiryaevRoberts, 0.11, Binary, 2e4, 1)
        }),
        entry("e-CUSUM c=20000", ["685799", none, "3980", "728", "197"], || mean(Cusum, RATE, Binary, 2e4, 1)),
        entry("e-SR per 100 rows, c=200", ["59307", none, "1400", "400", "200"], || {
            mean(ShiryaevRoberts, RATE, Binary, 200.0, 100)
        }),
    ]
}

/// One row of a table: run length, early alarms, delays.
pub fn measure(entry: &Entry, plan: Plan) -> (super::harness::RunLength, Vec<super::harness::Delays>) {
    let plan = Plan { streams: (plan.streams / entry.thin).max(1), ..plan };
    let run_length = plan.run_length(&entry.make, &bernoulli(RATE));
    let delays = AFTER.iter().map(|&rate| plan.delays(&entry.make, &bernoulli(RATE), &bernoulli(rate)));
    (run_length, delays.collect())
}

/// Prints a table, the specification's values in brackets of their own columns.
pub fn print(title: &str, entries: &[Entry], plan: Plan) {
    println!("### {title}\n");
    println!(
        "{} streams of {} rows for run lengths, {} runs for delays, seed {}.\n",
        plan.streams, plan.rows, plan.streams, plan.seed
    );
    println!("| detector | ARL (rows) | M | early | M | .10→.12 | M | .10→.15 | M | .10→.20 | M |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for entry in entries {
        let (run_length, delays) = measure(entry, plan);
        let [arl, early, first, second, third] = entry.expected;
        println!(
            "| {} | {run_length} | {arl} | {:.1} % | {early} | {} | {first} | {} | {second} | {} | {third} |",
            entry.name,
            100.0 * delays[0].early,
            delays[0],
            delays[1],
            delays[2]
        );
    }
    println!();
}
