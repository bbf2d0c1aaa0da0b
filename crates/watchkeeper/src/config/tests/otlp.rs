use watchkeeper_ingest::otlp::Target;

use super::*;

#[test]
fn telemetry_is_mapped_name_by_name() {
    let yaml = "otlp:\n  attributes: { App.Score: score, app.in: features, app.user: ignore }\n  default_model: base\n  kpis: { shop.orders: orders, shop.seen: seen }\n  kpi_models: { shop.orders: m }\n  kpi_segments: { shop.orders: [country, channel], shop.seen: [] }\n";
    let folder = Folder::new("otlp", Some(yaml));
    let variables = [("WATCHKEEPER_OTLP_ATTRIBUTES", "app.score.no=score.no, app.user=segment.user")];
    let flags = set(&["otlp.attributes.app.age=feature.age", "otlp.kpis=shop.paid=paid"]);
    let config = folder.load(&variables, flags).unwrap();
    let attributes: Vec<_> =
        config.otlp.spans.attributes.iter().map(|(name, target)| (name.as_str(), target.clone())).collect();
    let expected = [
        ("App.Score", Target::Score),
        ("app.age", Target::Feature("age".into())),
        ("app.in", Target::Features),
        ("app.score.no", Target::ScoreOf("no".into())),
        ("app.user", Target::Segment("user".into())),
    ];
    assert_eq!(attributes, expected);
    assert_eq!(config.otlp.spans.default_model.as_deref(), Some("base"));
    let kpis = &config.otlp.metrics.kpis;
    let orders = &kpis["shop.orders"];
    assert_eq!((orders.name.as_deref(), orders.model.as_deref()), (Some("orders"), Some("m")));
    assert_eq!(orders.segments.as_deref(), Some(&["country".to_owned(), "channel".to_owned()][..]));
    assert_eq!((kpis["shop.seen"].segments.as_deref(), &kpis["shop.paid"].segments), (Some(&[][..]), &None));
    let printed = config.to_yaml_redacted();
    let again = Folder::new("otlp-2", Some(&printed)).load(&[], ConfigArgs::default()).unwrap();
    assert_eq!(again.otlp, config.otlp, "{printed}");
    assert_eq!(Folder::new("otlp-3", None).load(&[], ConfigArgs::default()).unwrap().otlp, OtlpConfig::default());
}

#[test]
fn telemetry_that_cannot_be_mapped_is_refused_with_its_place() {
    let words = "one of `model`, `id`, `ts`, `trace_id`, `version`, `environment`, `prediction`, `score`, `latency_ms`, `features`, `ignore`, `score.<class>`, `feature.<name>`, `segment.<name>`";
    let model = "expected the name of a model: lower-case letters, digits, `-` and `.`";
    for (yaml, expected) in [
        (
            "otlp: { attributes: { a: scor } }",
            format!("watchkeeper.yaml:1:26: `otlp.attributes.a` is `scor`; did you mean `score`? expected {words}"),
        ),
        (
            "otlp: { attributes: { a: features.b } }",
            format!("watchkeeper.yaml:1:26: `otlp.attributes.a` is `features.b`; did you mean `feature.b`? expected {words}"),
        ),
        (
            "otlp: { attributes: { a: [b] } }",
            "watchkeeper.yaml:1:26: `otlp.attributes.a` is a list; expected a single value".to_owned(),
        ),
        ("otlp: { attributes: score }", "watchkeeper.yaml:1:21: `otlp.attributes` is a text; expected a mapping of names to values".to_owned()),
        ("otlp: { default_model: Big One }", format!("watchkeeper.yaml:1:24: `otlp.default_model` is `Big One`; {model}")),
        ("otlp: { kpis: { a: '' } }", "watchkeeper.yaml:1:20: `otlp.kpis.a` is empty; expected the name of a KPI".to_owned()),
        (
            "otlp: { kpis: { orders: o }, kpi_models: { order: m } }",
            "watchkeeper.yaml:1:51: `otlp.kpi_models` has `order`; did you mean `orders`? expected a metric of `otlp.kpis`".to_owned(),
        ),
        (
            "otlp: { kpis: { a: b }, kpi_segments: { a: { b: c } } }",
            "watchkeeper.yaml:1:44: `otlp.kpi_segments.a` is a mapping; expected a list".to_owned(),
        ),
    ] {
        assert_eq!(refusal("otlp-values", yaml, &[], ConfigArgs::default()), expected, "{yaml}");
    }
    let flag = refusal("otlp-flag", "", &[], set(&["otlp.attributes.app.x=nothing", "otlp.kpis=shop"]));
    let lines: Vec<&str> = flag.lines().collect();
    assert_eq!(lines[0], "flag `--set`: `otlp.kpis` holds `shop`; expected `NAME=VALUE` with commas between them");
    assert!(
        lines[1]
            .starts_with("flag `--set otlp.attributes.app.x`: `otlp.attributes.app.x` is `nothing`; expected one of"),
        "{flag}"
    );
}
