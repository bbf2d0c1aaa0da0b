//! The words of measures.

use watchkeeper_spec::{ColumnQuantile, Measure, Metric, ModelMeasure, Quality};

#[test]
fn words_read_and_write() {
    for word in Measure::words() {
        let measure: Measure = word.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(measure.to_string(), *word);
        let json = serde_json::to_string(&measure).unwrap();
        assert_eq!(serde_json::from_str::<Measure>(&json).unwrap(), measure);
    }
    assert_eq!("psi".parse(), Ok(Measure::Metric(Metric::Psi)));
    assert_eq!("latency_p99_9".parse(), Ok(Measure::Model(ModelMeasure::LatencyP999)));
    assert_eq!("roc_auc".parse(), Ok(Measure::Quality(Quality::RocAuc)));
    assert_eq!("kpi:a:b c".parse(), Ok(Measure::Kpi("a:b c".into())));
    assert_eq!("quantile:.5".parse(), Ok(Measure::Quantile(ColumnQuantile::at(0.5).unwrap())));
    assert_eq!("quantile:0.9990".parse::<Measure>().unwrap().to_string(), "quantile:0.999");
}

#[test]
fn words_are_distinct() {
    let mut words = Measure::words().to_vec();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Measure::words().len());
}

#[test]
fn others_are_refused_with_a_suggestion() {
    for (text, suggestion) in [
        ("volme", Some("volume")),
        ("latency", Some("latency_p95")),
        ("auc", Some("roc_auc")),
        ("emd", Some("wasserstein")),
        ("quantile:1", None),
        ("quantile:0.12345", None),
        ("kpi:", None),
        ("PSI", Some("psi")),
    ] {
        let unknown = text.parse::<Measure>().unwrap_err();
        if let Some(word) = suggestion {
            assert_eq!(unknown.suggestion, Some(word), "{text}");
        }
        assert!(unknown.to_string().starts_with("unknown measure `"), "{unknown}");
    }
}

#[test]
fn quantiles() {
    for level in [0.0, 1.0, -0.1, f64::NAN, 0.00001] {
        assert_eq!(ColumnQuantile::at(level), None, "{level}");
    }
    assert_eq!(ColumnQuantile::at(0.0001).unwrap().level(), 0.0001);
    assert_eq!(ModelMeasure::LatencyP999.latency_quantile(), Some(0.999));
    assert_eq!(ModelMeasure::Volume.latency_quantile(), None);
}
