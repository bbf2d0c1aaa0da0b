//! Planted changes over all laws and seeds: how many are told, and told right.

use std::collections::BTreeMap;

use watchkeeper_stats::random::Xoshiro256;
use watchkeeper_watch::meaning::{Change, recognise};

use crate::data::{LAWS, Sides, draw, numbers};

type Map = fn(f64) -> f64;
type Test = fn(&Change) -> bool;

fn factor(change: &Change, expected: f64) -> bool {
    matches!(change, Change::Scale { factor, .. } if (factor / expected - 1.0).abs() < 1e-3)
}

const PLANTED: [(&str, Map, Test); 14] = [
    ("x1000", |x| x * 1000.0, |c| factor(c, 1000.0)),
    ("/1000", |x| x / 1000.0, |c| factor(c, 1e-3)),
    ("x100", |x| x * 100.0, |c| factor(c, 100.0)),
    ("x10", |x| x * 10.0, |c| factor(c, 10.0)),
    ("x60", |x| x * 60.0, |c| factor(c, 60.0)),
    ("x24", |x| x * 24.0, |c| factor(c, 24.0)),
    ("x7", |x| x * 7.0, |c| factor(c, 7.0)),
    ("miles", |x| x * 1.609_344, |c| factor(c, 1.609_344)),
    ("pounds", |x| x * 0.453_592_37, |c| factor(c, 0.453_592_37)),
    ("inches", |x| x * 2.54, |c| factor(c, 2.54)),
    ("feet", |x| x * 0.3048, |c| factor(c, 0.3048)),
    ("sign", |x| -x, |c| matches!(c, Change::SignFlip)),
    ("celsius", |x| (x - 32.0) / 1.8, |c| matches!(c, Change::Affine { unit: "°F to °C", .. })),
    ("fahrenheit", |x| x * 1.8 + 32.0, |c| matches!(c, Change::Affine { unit: "°C to °F", .. })),
];

#[test]
fn planted_changes_are_told_right() {
    let mut table: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for seed in 0..4u64 {
        for (at, law) in LAWS.iter().enumerate() {
            let mut random = Xoshiro256::new(1000 * seed + at as u64);
            let reference = numbers(&draw(law, 10_000, &mut random));
            let rows = [2_000, 5_000][seed as usize % 2];
            for (name, map, test) in PLANTED {
                // A little ordinary drift beside it.
                let drift = 1.0 + 0.02 * (random.uniform() - 0.5);
                let current: Vec<f64> = draw(law, rows, &mut random).into_iter().map(|x| map(x * drift)).collect();
                let found = recognise(&[Sides::new("amount", &reference, &numbers(&current)).column()]);
                let row = table.entry(name).or_default();
                row[0] += 1;
                match found.changes.first() {
                    Some(change) if test(&change.change) => row[1] += 1,
                    Some(change) => {
                        row[2] += 1;
                        wrong.push(format!("{law} {name} {rows}: {}", change.sentence));
                    }
                    None => wrong.push(format!("{law} {name} {rows}: {:?}", found.undecided)),
                }
            }
        }
    }
    let sum = |i: usize| table.values().map(|row| row[i]).sum::<u32>();
    println!("planted, told right, told wrong:\n{table:#?}\n{wrong:#?}");
    let (planted, right, false_) = (sum(0), sum(1), sum(2));
    println!(
        "recall {:.3}, precision {:.3}",
        f64::from(right) / f64::from(planted),
        f64::from(right) / f64::from(right + false_)
    );
    assert!(f64::from(right) >= 0.9 * f64::from(planted), "{right} of {planted}");
    assert!(f64::from(false_) <= 0.01 * f64::from(right), "{false_} against {right}");
}
