//! The check: a reference and current data in files, compared column by column.
//!
//! `plan` decides what is compared, `keys` which rows belong to which period or segment, `scan` counts, `column`
//! measures and judges one column, `assemble` puts the result together.

mod assemble;
mod column;
mod keys;
mod plan;
mod quality;
pub mod result;
mod scan;
pub mod view;

use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;
use watchkeeper_spec::{Metric, Model, SpecError, ThresholdOverrides};

use crate::table::{InputError, Table};
pub use assemble::Outcome;
pub use keys::By;

/// What to check and how.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// The model file's content, when there is one.
    pub model: Option<Model>,
    /// Where it came from.
    pub model_path: Option<String>,
    /// Check each period of the current data.
    pub by: Option<By>,
    /// Check each value of this column.
    pub segment: Option<String>,
    /// Metrics; empty means the default for each column.
    pub metrics: Vec<Metric>,
    /// Measure every metric that suits a column.
    pub all_metrics: bool,
    /// Only these columns, when not empty.
    pub columns: Vec<String>,
    /// Not these.
    pub exclude: Vec<String>,
    /// Thresholds from the command line.
    pub thresholds: ThresholdOverrides,
    /// Level of one test; the model's or 0.01 when absent.
    pub alpha: Option<f64>,
    /// Rows a side up to which rank statistics are exact; the model's or 100,000 when absent.
    pub exact_rows: Option<u64>,
    /// Threads; all cores when absent.
    pub threads: Option<usize>,
}

/// Why a check could not be made.
#[derive(Debug, Error)]
pub enum CheckError {
    /// A file is at fault.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The model file is at fault.
    #[error(transparent)]
    Model(#[from] SpecError),
    /// What was asked for does not fit the data.
    #[error("{0}")]
    Usage(String),
}

/// How far a check has come, for a progress bar.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// Values read so far and values in all (0 while unknown).
    #[must_use]
    pub fn read(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    pub(crate) fn expect(&self, values: u64) {
        self.total.fetch_add(values, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, values: u64) {
        self.done.fetch_add(values, Ordering::Relaxed);
    }
}

/// Compares `current` with `reference`.
///
/// # Errors
/// [`CheckError`] when a file, the model or a request is at fault. Bad values in good files are no error.
pub fn check(
    reference: &Table,
    current: &Table,
    options: &CheckOptions,
    progress: &Progress,
) -> Result<Outcome, CheckError> {
    let (plan, keys, nulls) = std::thread::scope(|scope| {
        // The simulated nulls do not depend on the data: they are drawn while it is looked at.
        let nulls = scope.spawn(scan::null_draws);
        let plan = plan::Plan::new(reference, current, options)?;
        let keys = keys::Keys::read(reference, current, options)?;
        Ok::<_, CheckError>((plan, keys, nulls.join().unwrap_or_else(|_| scan::null_draws())))
    })?;
    let scanned = scan::scan(reference, current, &plan, &keys, nulls, progress)?;
    if scanned.rows.0 == 0 || scanned.rows.1 == 0 {
        let side = if scanned.rows.0 == 0 { reference } else { current };
        let name = if scanned.rows.0 == 0 { "reference" } else { "current data" };
        let file = side.files.first().map(|file| file.display().to_string()).unwrap_or_default();
        return Err(CheckError::Usage(format!("the {name} `{file}` has no rows: there is nothing to compare")));
    }
    Ok(assemble::assemble(reference, current, options, &plan, &keys, scanned))
}
