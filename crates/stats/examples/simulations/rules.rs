//! The rules that are compared.

use watchkeeper_stats::random::Xoshiro256;
use watchkeeper_stats::sequential::bets::{Variance, upward_grid};
use watchkeeper_stats::sequential::{Bet, EDetector, Recursion};
use watchkeeper_stats::stream::{Detector, Status};

use super::harness::Rule;

/// Changes that the e-detectors bet on.
pub const DELTAS: [f64; 6] = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32];

/// A stream detector.
pub struct Stream<D>(pub D);

impl<D: Detector> Rule for Stream<D> {
    fn next(&mut self, x: f64) -> bool {
        self.0.update(x) == Status::Drift
    }
}

/// An e-detector over windows of `size` observations, with any plan from observations to log wealth.
pub struct Sequential<F> {
    pub detector: EDetector,
    pub log_threshold: f64,
    pub size: usize,
    pub plan: F,
    pub sums: Vec<f64>,
    pub seen: usize,
}

impl<F: FnMut(f64, &mut [f64])> Sequential<F> {
    /// `plan` adds one observation's log wealth to the sums.
    pub fn new(recursion: Recursion, bets: usize, c: f64, size: usize, plan: F) -> Self {
        let detector = EDetector::new(recursion, bets).expect("bets");
        Self { detector, log_threshold: c.ln(), size, plan, sums: vec![0.0; bets], seen: 0 }
    }
}

impl<F: FnMut(f64, &mut [f64])> Rule for Sequential<F> {
    fn next(&mut self, x: f64) -> bool {
        (self.plan)(x, &mut self.sums);
        self.seen += 1;
        if self.seen < self.size {
            return false;
        }
        let evidence = self.detector.update(0, &self.sums).expect("finite log wealth");
        self.sums.fill(0.0);
        self.seen = 0;
        let is_alarm = evidence >= self.log_threshold;
        if is_alarm {
            self.detector.restart();
        }
        is_alarm
    }
}

/// An e-detector of a mean with the grid of [`DELTAS`].
pub fn mean(recursion: Recursion, theta: f64, variance: Variance, c: f64, size: usize) -> Box<dyn Rule> {
    let bets = upward_grid(theta, &DELTAS, variance).expect("a grid");
    let (zero, one) = (factors(&bets, 0.0), factors(&bets, 1.0));
    let add = move |x: f64, sums: &mut [f64]| {
        for (index, sum) in sums.iter_mut().enumerate() {
            // Logs of the two values of 0/1 data are known.
            *sum += if x == 0.0 {
                zero[index]
            } else if x == 1.0 {
                one[index]
            } else {
                bets[index].log_factor(x)
            };
        }
    };
    Box::new(Sequential::new(recursion, DELTAS.len(), c, size, add))
}

fn factors(bets: &[Bet], x: f64) -> Vec<f64> {
    bets.iter().map(|bet| bet.log_factor(x)).collect()
}

/// `|z| > limit` of the mean of 0/1 data against `rate`, every `size` observations; of all since the last alarm if
/// `is_cumulative`.
pub struct ZTest {
    pub rate: f64,
    pub limit: f64,
    pub size: usize,
    pub is_cumulative: bool,
    pub rows: usize,
    pub sum: f64,
}

impl ZTest {
    pub fn new(rate: f64, limit: f64, size: usize, is_cumulative: bool) -> Self {
        Self { rate, limit, size, is_cumulative, rows: 0, sum: 0.0 }
    }
}

impl Rule for ZTest {
    fn next(&mut self, x: f64) -> bool {
        self.rows += 1;
        self.sum += x;
        if !self.rows.is_multiple_of(self.size) {
            return false;
        }
        let n = self.rows as f64;
        let z = (self.sum / n - self.rate) / (self.rate * (1.0 - self.rate) / n).sqrt();
        let is_alarm = z.abs() > self.limit;
        if is_alarm || !self.is_cumulative {
            (self.rows, self.sum) = (0, 0.0);
        }
        is_alarm
    }
}

/// Any statistic of `size` observations at a time.
pub struct Windowed<F> {
    pub size: usize,
    pub values: Vec<f64>,
    pub is_beyond: F,
}

impl<F: FnMut(&mut [f64]) -> bool> Rule for Windowed<F> {
    fn next(&mut self, x: f64) -> bool {
        self.values.push(x);
        if self.values.len() < self.size {
            return false;
        }
        let is_alarm = (self.is_beyond)(&mut self.values);
        self.values.clear();
        is_alarm
    }
}

/// 0 or 1.
pub fn bernoulli(rate: f64) -> impl Fn(&mut Xoshiro256) -> f64 {
    move |generator| f64::from(u8::from(generator.uniform() < rate))
}
