//! A restart with many open alerts.

use std::time::Instant;

use watchkeeper_watch::Evaluation;
use watchkeeper_watch::engine::Engine;

use crate::support::{config, engine, evaluation, feed};

#[test]
fn a_thousand_open_alerts_are_loaded_in_time() {
    let mut engine = engine(config(&["drift"]));
    let all: Vec<Evaluation> = (0..1_000)
        .map(|index| {
            let (model, column) = (format!("model-{}", index / 10), format!("column-{}", index % 10));
            evaluation("drift", &[("model", &model), ("environment", "prod"), ("column", &column)], 1)
        })
        .collect();
    feed(&mut engine, all);
    assert_eq!(engine.incidents().count(), 100);
    assert_eq!(engine.alerts().filter(|alert| alert.phase.is_active()).count(), 1_000);
    let saved = serde_json::to_string(&engine).unwrap();
    let begin = Instant::now();
    let mut loaded: Engine = serde_json::from_str(&saved).unwrap();
    let out = loaded.tick(crate::support::at(1, 1));
    let took = begin.elapsed();
    println!("1,000 open alerts: {} KiB, loaded and ready in {took:?} (unoptimised)", saved.len() / 1024);
    assert!(out.is_empty(), "nothing is told twice");
    assert!(took.as_secs() < 5, "{took:?}");
    engine.tick(crate::support::at(1, 1));
    assert_eq!(serde_json::to_string(&loaded).unwrap(), serde_json::to_string(&engine).unwrap());
}

/// 500 features in 4 segments: a season of quiet windows, then one in which all of them fire.
#[test]
fn two_thousand_series_an_hour() {
    let mut engine = engine(config(&["drift"]));
    let windows = |hour: i64, outcome: watchkeeper_watch::Outcome| -> Vec<Evaluation> {
        (0..2_000)
            .map(|index| {
                let (column, segment) = (format!("column-{}", index / 4), format!("region:{}", index % 4));
                let labels = [("model", "credit"), ("column", column.as_str()), ("segment", segment.as_str())];
                Evaluation { outcome: outcome.clone(), ..evaluation("drift", &labels, hour) }
            })
            .collect()
    };
    let quiet = windows(1, watchkeeper_watch::Outcome::Clear);
    let loud = windows(2, watchkeeper_watch::Outcome::Breach);
    let begin = Instant::now();
    feed(&mut engine, quiet);
    let calm = begin.elapsed();
    let begin = Instant::now();
    let out = feed(&mut engine, loud);
    let storm = begin.elapsed();
    println!("2,000 evaluations: {calm:?} quiet, {storm:?} all beginning to fire (unoptimised)");
    let told = crate::support::notices(&out);
    assert_eq!((told.len(), told[0].alerts.len(), told[0].alerts_total), (1, 100, 2_000));
}
