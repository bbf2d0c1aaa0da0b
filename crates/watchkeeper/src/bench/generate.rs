//! Seeded data for benchmarks: numbers with heavy tails and nulls, categories with up to 1,000 levels.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use watchkeeper_stats::random::Xoshiro256;

const BATCH: usize = 65_536;
const LEVELS: [f64; 5] = [4.0, 10.0, 30.0, 100.0, 1000.0];

/// Size of the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Rows a side.
    pub rows: usize,
    /// Numeric columns.
    pub numeric: usize,
    /// Categorical columns.
    pub categorical: usize,
    /// Seed.
    pub seed: u64,
}

/// Writes one side; side 1 differs from side 0 in every tenth column.
///
/// # Errors
/// When the file cannot be written.
pub fn generate(path: &Path, shape: &Shape, side: u64) -> Result<(), io::Error> {
    let mut fields: Vec<Field> =
        (0..shape.numeric).map(|i| Field::new(format!("n{i:02}"), DataType::Float64, true)).collect();
    fields.extend((0..shape.categorical).map(|i| Field::new(format!("c{i:02}"), DataType::Utf8, true)));
    let schema = Arc::new(Schema::new(fields));
    let level = ZstdLevel::try_new(3).map_err(io::Error::other)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let mut writer =
        ArrowWriter::try_new(File::create(path)?, schema.clone(), Some(properties)).map_err(io::Error::other)?;
    let mut random = Xoshiro256::new(shape.seed.wrapping_mul(2).wrapping_add(side));
    let mut left = shape.rows;
    while left > 0 {
        let rows = left.min(BATCH);
        left -= rows;
        let shift = |i: usize| if side == 1 && i.is_multiple_of(10) { 0.5 } else { 0.0 };
        let mut columns: Vec<ArrayRef> = (0..shape.numeric).map(|i| numbers(i, shift(i), rows, &mut random)).collect();
        columns.extend((0..shape.categorical).map(|i| categories(i, shift(i), rows, &mut random)));
        let batch = RecordBatch::try_new(schema.clone(), columns).map_err(io::Error::other)?;
        writer.write(&batch).map_err(io::Error::other)?;
    }
    writer.close().map_err(io::Error::other)?;
    Ok(())
}

/// Five shapes in turn: normal; lognormal; Student t with 3 degrees of freedom; prices in cents; many zeros.
fn numbers(column: usize, shift: f64, rows: usize, random: &mut Xoshiro256) -> ArrayRef {
    let shape = column % 5;
    let nulls = 0.02 * shape as f64;
    let mut one = || {
        if random.uniform() < nulls {
            return None;
        }
        let z = random.normal() + shift;
        Some(match shape {
            0 => z,
            1 => (1.5 * z).exp(),
            2 => z / ((random.normal().powi(2) + random.normal().powi(2) + random.normal().powi(2)) / 3.0).sqrt(),
            3 => (z.exp() * 100.0).round() / 100.0,
            _ if random.uniform() < 0.6 => 0.0,
            _ => -random.uniform().max(1e-300).ln() * 50.0 + shift,
        })
    };
    Arc::new((0..rows).map(|_| one()).collect::<Float64Array>())
}

fn categories(column: usize, shift: f64, rows: usize, random: &mut Xoshiro256) -> ArrayRef {
    let levels = LEVELS.get(column % LEVELS.len()).copied().unwrap_or(10.0);
    let mut one = || {
        let level = (random.uniform().powf(2.0 + shift) * levels) as u32;
        (random.uniform() >= 0.01).then(|| format!("level_{level:04}"))
    };
    Arc::new((0..rows).map(|_| one()).collect::<StringArray>())
}
