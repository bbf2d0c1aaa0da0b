//! Comparison of floats, collecting all differences before it fails.

use serde_json::Value;

/// Counts what was compared and remembers what differed.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) compared: usize,
    pub(crate) different: Vec<String>,
}

impl Ledger {
    /// Expects `|got − expected| ≤ tolerance·|expected| + tiny`; infinities must agree.
    pub(crate) fn relative(&mut self, name: &str, got: f64, expected: f64, tolerance: f64) {
        self.compared += 1;
        let same = got == expected || (got - expected).abs() <= tolerance * expected.abs() + 1e-15;
        if !same {
            self.different.push(format!("{name}: got {got:e}, expected {expected:e}"));
        }
    }

    /// Purely relative, for values near the smallest float.
    pub(crate) fn strictly_relative(&mut self, name: &str, got: f64, expected: f64, tolerance: f64) {
        self.compared += 1;
        if got != expected && (got / expected - 1.0).abs() > tolerance {
            self.different.push(format!("{name}: got {got:e}, expected {expected:e}"));
        }
    }

    pub(crate) fn finish(&self) {
        let shown: Vec<&String> = self.different.iter().take(60).collect();
        assert!(shown.is_empty(), "{} of {} differ:\n{shown:#?}", self.different.len(), self.compared);
    }
}

/// A number, which JSON may hold as text when it is not finite.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}
