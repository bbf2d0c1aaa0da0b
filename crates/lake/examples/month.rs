//! Profiles of a month of a model with a billion events, without the events. usage: month LAKE MODEL ROWS
//!
//! Fifty columns (40 numeric, 10 categorical), two versions; five-minute buckets for the last two days, hours before.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a program for measurements")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use watchkeeper_lake::profiles::{Bucket, ColumnGrid, GridSource, Key, ModelProfiles, Plan, Slice};
use watchkeeper_lake::{Lake, Root};
use watchkeeper_profile::{Counter, Keep, Profile};

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400;
const DAYS: i64 = 30;
const VERSIONS: [&str; 2] = ["7", "8"];
/// The rows of a bucket are one of so many large sets and two of so many small ones, so that hardly two states are equal.
const LARGE: u64 = 4;
const SMALL: u64 = 64;
const SMALL_ROWS: u64 = 100;

/// Numbers between 0 and 1 that look random and are the same in every run.
fn uniform(seed: u64, at: u64) -> f64 {
    let mut x = (seed << 32 ^ at).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ x >> 31) >> 11) as f64 / (1_u64 << 53) as f64
}

fn rows(seed: u64, count: u64) -> RecordBatch {
    let numbers = (0..40_u64).map(|column| {
        let value = |row| (3.0 * uniform(seed * 64 + column, row) - 1.0).exp() + uniform(seed * 64 + column, row * 31);
        let array: ArrayRef = Arc::new(Float64Array::from_iter_values((0..count).map(value)));
        (format!("num_{column:02}"), array)
    });
    let words = (0..10_u64).map(|column| {
        let word = |row| format!("value-{:02}", (uniform(seed * 64 + 40 + column, row).powi(2) * 40.0) as u64);
        let array: ArrayRef = Arc::new(StringArray::from_iter_values((0..count).map(word)));
        (format!("cat_{column:02}"), array)
    });
    RecordBatch::try_from_iter(numbers.chain(words)).unwrap()
}

/// The profiles of `rows` by column.
fn counted(grids: &BTreeMap<String, ColumnGrid>, rows: &RecordBatch) -> BTreeMap<String, Profile> {
    let of = |(column, grid): (&String, &ColumnGrid)| {
        let mut counter = Counter::new(grid.kind, &grid.grid, Keep::default());
        counter.push(0, rows.column_by_name(column).unwrap());
        (column.clone(), counter.finish().0)
    };
    grids.iter().map(of).collect()
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (folder, model) = (arguments.next().unwrap(), arguments.next().unwrap());
    let all: u64 = arguments.next().unwrap().parse().unwrap();
    let lake = Lake::new(Root::open(&folder, &HashMap::new()).unwrap());
    let profiles = ModelProfiles::new(lake, "default", &model, Plan::default());
    let now = jiff::Timestamp::now().as_second();
    profiles.freeze(GridSource::Rows(vec![rows(99, 50_000)]), now * MICROS).await.unwrap();
    let (grids, _) = profiles.grids().await.unwrap();

    let per_bucket = all / (DAYS * 288) as u64 / VERSIONS.len() as u64;
    let large_rows = per_bucket - 2 * SMALL_ROWS;
    let large: Vec<_> = (0..LARGE).map(|seed| counted(&grids, &rows(seed, large_rows))).collect();
    let small: Vec<_> = (0..SMALL).map(|seed| counted(&grids, &rows(100 + seed, SMALL_ROWS))).collect();
    let first = now.div_euclid(DAY) - DAYS;
    let (mut events, mut number) = (0, 0);
    for day in first..=first + DAYS {
        let wide = day < first + DAYS - 2;
        let (width, times) = if wide { (3600, 12) } else { (300, 1) };
        let mut of_day = BTreeMap::new();
        for start in (day * DAY..(day + 1) * DAY).step_by(width).take_while(|start| *start < now) {
            for version in VERSIONS {
                number += 1;
                let parts = [&large[number % large.len()], &small[number % 63], &small[number * 7 % 64]];
                let of = |(column, grid): (&String, &ColumnGrid)| {
                    let mut sum = Profile::empty(&grid.grid);
                    let all = parts.iter().enumerate();
                    let all = all.flat_map(|(at, part)| std::iter::repeat_n(part, if at == 0 { times } else { 1 }));
                    all.for_each(|part| sum.merge(&part[column]).unwrap());
                    events += sum.classes.rows() * u64::from(column == "num_00");
                    (column.clone(), sum)
                };
                let columns = grids.iter().map(of).collect();
                let slice = Slice { environment: "production".into(), version: version.into(), ..Slice::default() };
                let bucket = Bucket { start: start * MICROS, seconds: width as u32 };
                of_day.insert(Key { bucket, slice }, columns);
            }
        }
        profiles.append(&of_day).await.unwrap();
    }
    // What the service does by itself every ten minutes.
    profiles.roll_up(now * MICROS, 64).await.unwrap();
    println!("profiles of {events} events over {DAYS} days, {} columns, {} versions", grids.len(), VERSIONS.len());
}
