//! How often a rule is wrong and how late it is, by simulation.

use watchkeeper_stats::random::Xoshiro256;

/// A rule over single observations; starts again by itself after an alarm.
pub trait Rule {
    /// Takes the next observation; whether it raised an alarm.
    fn next(&mut self, x: f64) -> bool;
}

/// Makes a rule for one stream; the generator serves what a rule draws itself, such as a reference.
pub type Make<'a> = &'a dyn Fn(&mut Xoshiro256) -> Box<dyn Rule>;
/// The same, owned.
pub type Maker = Box<dyn Fn(&mut Xoshiro256) -> Box<dyn Rule>>;
/// Draws an observation.
pub type Draw<'a> = &'a dyn Fn(&mut Xoshiro256) -> f64;

/// Observations and alarms without any change.
#[derive(Debug, Clone, Copy)]
pub struct RunLength {
    pub rows: f64,
    pub alarms: f64,
}

impl RunLength {
    /// Mean observations to a false alarm; infinite without one.
    pub fn mean(self) -> f64 {
        self.rows / self.alarms
    }

    /// Relative standard error, taking alarms as Poisson.
    pub fn error(self) -> f64 {
        1.0 / self.alarms.sqrt()
    }
}

impl std::fmt::Display for RunLength {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.alarms == 0.0 {
            return write!(f, "> {}", number(self.rows));
        }
        write!(f, "{} ± {:.0} %", number(self.mean()), 100.0 * self.error())
    }
}

/// Delays of the runs without an earlier alarm; infinite ones are misses.
#[derive(Debug, Clone)]
pub struct Delays {
    sorted: Vec<f64>,
    /// Share of the runs with an alarm before the change.
    pub early: f64,
}

impl Delays {
    pub fn median(&self) -> f64 {
        self.at(0.5 * self.sorted.len() as f64)
    }

    /// Distribution-free 95 % interval of the median.
    pub fn interval(&self) -> (f64, f64) {
        let n = self.sorted.len() as f64;
        (self.at(0.5 * n - 0.98 * n.sqrt()), self.at(0.5 * n + 0.98 * n.sqrt()))
    }

    pub fn missed(&self) -> f64 {
        self.sorted.iter().filter(|delay| delay.is_infinite()).count() as f64 / self.sorted.len() as f64
    }

    fn at(&self, rank: f64) -> f64 {
        let last = self.sorted.len().saturating_sub(1);
        self.sorted.get((rank.max(0.0) as usize).min(last)).copied().unwrap_or(f64::NAN)
    }
}

impl std::fmt::Display for Delays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.sorted.is_empty() {
            return write!(f, "–");
        }
        let (lo, hi) = self.interval();
        write!(f, "{} [{}, {}]", number(self.median()), number(lo), number(hi))?;
        if self.missed() > 0.05 { write!(f, ", {:.0} % missed", 100.0 * self.missed()) } else { Ok(()) }
    }
}

/// Three digits or whole.
pub fn number(x: f64) -> String {
    match x {
        x if x.is_nan() => "–".into(),
        x if x.is_infinite() => "inf".into(),
        x if x >= 1e6 => format!("{x:.2e}"),
        x if x >= 100.0 => format!("{x:.0}"),
        x => format!("{x:.1}"),
    }
}

/// How many streams, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub streams: u64,
    pub rows: usize,
    pub before: usize,
    pub after: usize,
    pub seed: u64,
}

impl Plan {
    fn generator(self, stream: u64, salt: u64) -> Xoshiro256 {
        Xoshiro256::new(self.seed.wrapping_mul(1_000_003).wrapping_add(stream).wrapping_mul(31).wrapping_add(salt))
    }

    /// Runs without a change; the rule goes on after its alarms.
    pub fn run_length(self, make: Make<'_>, draw: Draw<'_>) -> RunLength {
        let mut alarms = 0_u64;
        for stream in 0..self.streams {
            let mut generator = self.generator(stream, 0);
            let mut rule = make(&mut generator);
            alarms += (0..self.rows).filter(|_| rule.next(draw(&mut generator))).count() as u64;
        }
        RunLength { rows: self.streams as f64 * self.rows as f64, alarms: alarms as f64 }
    }

    /// Runs with a change after `before` observations; ends at the first alarm.
    pub fn delays(self, make: Make<'_>, before: Draw<'_>, after: Draw<'_>) -> Delays {
        let mut delays = Vec::new();
        for stream in 0..self.streams {
            let mut generator = self.generator(stream, 1);
            let mut rule = make(&mut generator);
            if (0..self.before).any(|_| rule.next(before(&mut generator))) {
                continue;
            }
            let found = (1..=self.after).find(|_| rule.next(after(&mut generator)));
            delays.push(found.map_or(f64::INFINITY, |delay| delay as f64));
        }
        delays.sort_unstable_by(f64::total_cmp);
        Delays { early: 1.0 - delays.len() as f64 / self.streams as f64, sorted: delays }
    }
}
