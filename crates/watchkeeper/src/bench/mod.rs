//! How fast a check is, against the least that any check must do: decode both files and touch every value.

mod floor;
mod generate;

use std::path::{Path, PathBuf};
use std::time::Instant;

use watchkeeper_watch::text::count;

use crate::check::{CheckError, CheckOptions, Progress, check};
use crate::output::bytes_text;
use crate::table::Table;
pub use generate::{Shape, generate};

/// What to run.
#[derive(Debug, Clone)]
pub struct Bench {
    /// The data.
    pub shape: Shape,
    /// Where to keep it.
    pub dir: PathBuf,
    /// Runs of each measurement; the median counts.
    pub repeat: usize,
    /// Threads; all cores when absent.
    pub threads: Option<usize>,
    /// Also measure all metrics, exact.
    pub all_exact: bool,
}

impl Bench {
    /// Writes the files unless they are there.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn prepare(&self) -> Result<(PathBuf, PathBuf), std::io::Error> {
        std::fs::create_dir_all(&self.dir)?;
        let paths = (self.dir.join("reference.parquet"), self.dir.join("current.parquet"));
        let mark = self.dir.join("shape.txt");
        let wanted = format!("{:?}", self.shape);
        if std::fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
            return Ok(paths);
        }
        generate(&paths.0, &self.shape, 0)?;
        generate(&paths.1, &self.shape, 1)?;
        std::fs::write(mark, wanted)?;
        Ok(paths)
    }

    /// Measures, and returns a Markdown table.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn run(&self, paths: (&Path, &Path)) -> Result<String, CheckError> {
        let open = |path: &Path| Table::open(&path.display().to_string());
        let (reference, current) = (open(paths.0)?, open(paths.1)?);
        let threads = self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let values = (reference.rows.unwrap_or(0) + current.rows.unwrap_or(0)) * reference.columns.len() as u64;
        let options = CheckOptions { threads: Some(threads), ..CheckOptions::default() };
        let floor =
            self.median(|| floor::decode(&reference, threads).and_then(|()| floor::decode(&current, threads)))?;
        let run = |options: &CheckOptions| check(&reference, &current, options, &Progress::default()).map(|_| ());
        let default = self.median(|| run(&options))?;
        let peak = peak_memory();
        let mut out = format!(
            "{} + {} rows × {} columns, {} + {} of zstd Parquet, {threads} threads, median of {}\n\n",
            count(reference.rows.unwrap_or(0)),
            count(current.rows.unwrap_or(0)),
            reference.columns.len(),
            bytes_text(reference.bytes),
            bytes_text(current.bytes),
            self.repeat
        );
        out.push_str(
            "| what | wall | × floor | CPU | × floor | values/s | peak memory |\n|---|---:|---:|---:|---:|---:|---:|\n",
        );
        let mut row = |what: &str, spent: Spent, peak: Option<u64>| {
            let memory = peak.map_or("–".into(), bytes_text);
            let (wall, cpu, rate) = (spent.wall, spent.cpu, values as f64 / spent.wall / 1e6);
            let times = (wall / floor.wall, cpu / floor.cpu);
            out.push_str(&format!(
                "| {what} | {wall:.3} s | {:.2} | {cpu:.2} s | {:.2} | {rate:.0} M | {memory} |\n",
                times.0, times.1
            ));
        };
        row("floor: decode both files, touch every value", floor, None);
        row("check, default metrics", default, peak);
        if self.all_exact {
            let exact = CheckOptions { all_metrics: true, exact_rows: Some(u64::MAX), ..options };
            row("check, all metrics, exact", self.median(|| run(&exact))?, peak_memory());
        }
        Ok(out)
    }

    /// Medians of several runs, after one that warms the file cache.
    fn median<E>(&self, work: impl Fn() -> Result<(), E>) -> Result<Spent, E> {
        work()?;
        let (mut wall, mut cpu) = (Vec::with_capacity(self.repeat), Vec::with_capacity(self.repeat));
        for _ in 0..self.repeat.max(1) {
            let (start, before) = (Instant::now(), cpu_seconds());
            work()?;
            wall.push(start.elapsed().as_secs_f64());
            cpu.push(cpu_seconds() - before);
        }
        let middle = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times.get(times.len() / 2).copied().unwrap_or(0.0)
        };
        Ok(Spent { wall: middle(&mut wall), cpu: middle(&mut cpu) })
    }
}

/// Seconds.
#[derive(Debug, Clone, Copy)]
struct Spent {
    wall: f64,
    cpu: f64,
}

/// Processor time of this process so far, where the system tells (Linux: hundredths of a second).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Most memory this process has had, where the system tells (Linux).
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
