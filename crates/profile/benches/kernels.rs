//! Speed of the kernels: `make bench-kernels`. Throughput is per value, on one core.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark, not an interface")]

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use watchkeeper_profile::grid::NumericGrid;
use watchkeeper_profile::{Baseline, BaselineBuilder, BaselineOptions, Counter, Keep, Kind, NumericCounter, Profile};
use watchkeeper_stats::drift::{ks, wasserstein};
use watchkeeper_stats::random::Xoshiro256;

const VALUES: usize = 1 << 20;

fn lognormal(seed: u64) -> Vec<f64> {
    let mut random = Xoshiro256::new(seed);
    (0..VALUES).map(|_| (1.5 * random.normal()).exp()).collect()
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

fn counting(c: &mut Criterion) {
    let values = lognormal(1);
    let grid = NumericGrid::from_sorted(&sorted(values.clone()), None).unwrap();
    let mut group = c.benchmark_group("count 1M values into 200 bins with sums and moments");
    group.throughput(Throughput::Elements(VALUES as u64));
    for (name, distinct) in [("counts", false), ("counts and distinct", true)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut counter = NumericCounter::new(&grid, distinct);
                counter.add(black_box(&values));
                counter.finish()
            });
        });
    }
    group.finish();
}

fn rank_statistics(c: &mut Criterion) {
    let (reference, current) = (sorted(lognormal(1)), sorted(lognormal(2)));
    let mut group = c.benchmark_group("exact rank statistics of 1M and 1M sorted values");
    group.throughput(Throughput::Elements(2 * VALUES as u64));
    group.bench_function("ks", |b| b.iter(|| ks::ks(black_box(&reference), black_box(&current))));
    group.bench_function("wasserstein", |b| {
        b.iter(|| wasserstein::wasserstein(black_box(&reference), black_box(&current)))
    });
    group.finish();
}

fn column(number: u64) -> (Kind, ArrayRef) {
    let mut random = Xoshiro256::new(number);
    if number.is_multiple_of(5) {
        (
            Kind::Categorical,
            Arc::new(StringArray::from_iter_values((0..2000).map(|_| format!("c{}", random.below(150))))),
        )
    } else {
        (Kind::Numeric, Arc::new(Float64Array::from_iter_values((0..2000).map(|_| random.normal()))))
    }
}

fn merging(c: &mut Criterion) {
    let baselines: Vec<Baseline> = (0..200)
        .map(|number| {
            let (kind, rows) = column(number);
            let mut builder = BaselineBuilder::new(kind, BaselineOptions::default());
            builder.push(0, &rows);
            builder.finish()
        })
        .collect();
    let profiles: Vec<Profile> = baselines
        .iter()
        .zip(1000..)
        .map(|(baseline, seed)| {
            let mut counter = Counter::new(baseline.kind, &baseline.grid, Keep::default());
            counter.push(0, &column(seed).1);
            counter.finish().0
        })
        .collect();
    let mut total = profiles.clone();
    c.bench_function("merge two profiles of 200 columns", |b| {
        b.iter(|| total.iter_mut().zip(&profiles).for_each(|(sum, part)| sum.merge(part).unwrap()));
    });
}

criterion_group!(kernels, counting, rank_statistics, merging);
criterion_main!(kernels);
