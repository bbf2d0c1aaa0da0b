//! What the gate decides about columns that declare nothing, and that it stays so.

use watchkeeper_ingest::Stream;
use watchkeeper_ingest::privacy::{
    Class, ColumnDecision, Declared, DefaultAction, Evidence, Gate, GatePlan, Level, NoKey, Reason,
};
use watchkeeper_spec::{Kind, Privacy};

use super::*;

/// `count` texts of which `distinct` are different.
fn some(count: usize, distinct: usize) -> ArrayRef {
    Arc::new((0..count).map(|i| Some(format!("v{}", i % distinct))).collect::<StringArray>())
}

fn emails(count: usize) -> ArrayRef {
    Arc::new((0..count).map(|i| Some(format!("person{i}@example.org"))).collect::<StringArray>())
}

#[track_caller]
fn decides(gate: &Gate, column: &str, array: ArrayRef, expect: (DefaultAction, Reason)) -> ColumnDecision {
    let gated = gate.apply(batch(vec![(column, array)])).unwrap();
    let [decision] = gated.decisions.as_slice() else { panic!("{:?}", gated.decisions) };
    assert_eq!((decision.action, decision.reason), expect, "{column}");
    decision.clone()
}

#[test]
fn unknown_texts() {
    let (keep, profile_only) = (DefaultAction::Keep, DefaultAction::ProfileOnly);
    for (array, expect) in [
        (some(200, 100), (keep, Reason::FewValues)),
        (some(200, 101), (profile_only, Reason::ManyValues)),
        (some(100_000, 400), (keep, Reason::FewValues)),
        // Every hundredth row alone would meet fifty of them.
        (some(100_000, 5000), (profile_only, Reason::ManyValues)),
        (texts(std::iter::repeat_n("x".repeat(40).as_str(), 200)), (keep, Reason::FewValues)),
        (texts(std::iter::repeat_n("x".repeat(41).as_str(), 200)), (profile_only, Reason::FreeText)),
    ] {
        decides(&keyless(), "colour", array, expect);
    }
}

#[test]
fn small_requests_reach_a_decision() {
    let gate = keyless();
    for row in 0..199 {
        let gated = gate.apply(batch(vec![("colour", texts(["red"])), ("n", numbers([1.0]))])).unwrap();
        assert_eq!(names(&gated), ["n"], "row {row}: held back until decided");
        assert_eq!(gated.withheld, ["colour"]);
        assert!(gated.decisions.is_empty());
    }
    let gated = gate.apply(batch(vec![("colour", texts(["red"])), ("n", numbers([1.0]))])).unwrap();
    assert_eq!(text_column(&gated, "colour"), [Some("red".to_owned())]);
    // The numbers were decided in the same request: they had as many values.
    let columns: Vec<&str> = gated.decisions.iter().map(|decision| decision.column.as_str()).collect();
    assert_eq!(columns, ["colour", "n"]);
    assert_eq!((gated.decisions[0].seen, gated.decisions[0].distinct), (200, 1));
}

#[test]
fn nulls_do_not_count() {
    let gate = keyless();
    let nulls: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>; 500]));
    let gated = gate.apply(batch(vec![("colour", nulls)])).unwrap();
    assert!(gated.decisions.is_empty() && gated.batch.num_columns() == 0 && gated.batch.num_rows() == 500);
}

#[test]
fn personal_values() {
    let decision = decides(&gate(&[]), "contact", emails(20), (DefaultAction::Hash, Reason::Personal));
    let finding = decision.finding.unwrap();
    assert_eq!((finding.class, finding.level, finding.by), (Class::Email, Level::Personal, Evidence::Values));
    assert_eq!((finding.share, finding.column.as_str()), (1.0, "contact"));
    decides(&keyless(), "contact", emails(20), (DefaultAction::ProfileOnly, Reason::Personal));
    // A few among other values are enough, chance hits are not.
    let mixed: Vec<&str> = std::iter::repeat_n("unknown", 190).chain(std::iter::repeat_n("+14155552671", 10)).collect();
    decides(&gate(&[]), "contact", texts(mixed), (DefaultAction::Hash, Reason::Personal));
    let rare: Vec<&str> = std::iter::repeat_n("unknown", 191).chain(std::iter::repeat_n("+14155552671", 9)).collect();
    decides(&gate(&[]), "contact", texts(rare), (DefaultAction::Keep, Reason::FewValues));
}

#[test]
fn classes_that_are_only_flagged() {
    let hosts: Vec<&str> = std::iter::repeat_n("10.0.0.1", 200).collect();
    let decision = decides(&gate(&[]), "host", texts(hosts), (DefaultAction::Keep, Reason::FewValues));
    assert_eq!(decision.finding.unwrap().class, Class::Ip);
    let decision = decides(&gate(&[]), "first_name", some(200, 5), (DefaultAction::Keep, Reason::FewValues));
    assert_eq!(decision.finding.map(|finding| (finding.class, finding.by)), Some((Class::PersonName, Evidence::Name)));
}

#[test]
fn personal_names() {
    // The name is enough, from the first value.
    let decision = decides(&gate(&[]), "customer_email", texts(["-"]), (DefaultAction::Hash, Reason::Personal));
    assert_eq!(decision.finding.map(|finding| (finding.by, finding.share)), Some((Evidence::Name, 0.0)));
    decides(&keyless(), "customer_email", texts(["-"]), (DefaultAction::ProfileOnly, Reason::Personal));
    decides(&gate(&[]), "password", texts(["-"]), (DefaultAction::Drop, Reason::Personal));
    decides(&gate(&[]), "feature.iban", texts(["-"]), (DefaultAction::Hash, Reason::Personal));
}

#[test]
fn numbers_are_kept_unless_they_are_personal() {
    let small = || numbers((0..300).map(f64::from));
    decides(&gate(&[]), "amount", small(), (DefaultAction::Keep, Reason::Unsuspicious));
    // Counts of cards, not cards.
    decides(&gate(&[]), "cards", small(), (DefaultAction::Keep, Reason::Unsuspicious));
    decides(&gate(&[]), "card", small(), (DefaultAction::Keep, Reason::Unsuspicious));
    let phones = numbers((0..30).map(|i| 4_915_100_000_000.0 + f64::from(i)));
    decides(&gate(&[]), "phone", phones, (DefaultAction::ProfileOnly, Reason::Personal));
    let cards = numbers(std::iter::repeat_n(4_111_111_111_111_111.0, 20));
    decides(&gate(&[]), "x7", cards, (DefaultAction::ProfileOnly, Reason::Personal));
}

#[test]
fn single_personal_values_do_not_pass_before_a_decision() {
    let gated = gate(&[])
        .apply(batch(vec![
            ("segment.owner", texts(["ada@example.org", "team"])),
            ("x7", numbers([4_111_111_111_111_111.0, 2.0])),
            ("prediction", texts(["yes", "078-05-1120"])),
        ]))
        .unwrap();
    assert_eq!(text_column(&gated, "segment.owner"), [None, Some("team".to_owned())]);
    assert_eq!(number_column(&gated, "x7"), [None, Some(2.0)]);
    assert_eq!(text_column(&gated, "prediction"), [Some("yes".to_owned()), None]);
}

#[test]
fn known_columns_may_have_many_values() {
    let mut plan = plan(&[]);
    plan.declared.insert("sku".to_owned(), Declared { kind: Some(Kind::Categorical), ..Declared::default() });
    plan.declared.insert("note".to_owned(), Declared { kind: Some(Kind::Text), ..Declared::default() });
    let gate = Gate::new(plan, &NoKey);
    decides(&gate, "sku", some(300, 300), (DefaultAction::Keep, Reason::Unsuspicious));
    decides(&gate, "segment.shop", some(300, 300), (DefaultAction::Keep, Reason::Unsuspicious));
    let long: ArrayRef =
        Arc::new((0..300).map(|i| Some(format!("{i} {}", "word ".repeat(20)))).collect::<StringArray>());
    decides(&gate, "prediction", Arc::clone(&long), (DefaultAction::ProfileOnly, Reason::FreeText));
    decides(&gate, "segment.answer", long, (DefaultAction::Drop, Reason::FreeText));
    // Free text by declaration needs no decision.
    let gated = gate.apply(batch(vec![("note", texts(["two words"]))])).unwrap();
    assert_eq!((names(&gated), gated.decisions.len()), (vec!["note.length".to_owned(), "note.tokens".to_owned()], 0));
}

#[test]
fn system_columns_pass() {
    let columns = || {
        vec![
            ("prediction_id", emails(300)),
            ("version", some(300, 300)),
            ("environment", some(300, 300)),
            ("trace_id", some(300, 300)),
            ("score.a", numbers(std::iter::repeat_n(4_111_111_111_111_111.0, 300))),
            ("ts", times(0..300)),
        ]
    };
    let gate = gate(&[]);
    let gated = gate.apply(batch(columns())).unwrap();
    assert_eq!(gated.batch, batch(columns()));
    // Ids that are e-mail addresses are at least reported.
    let findings = gate.findings();
    assert_eq!(findings.iter().map(|finding| finding.column.as_str()).collect::<Vec<_>>(), ["prediction_id"]);
    let kpis = Gate::new(GatePlan::new("default", Stream::Kpis), &NoKey);
    let gated = kpis.apply(batch(vec![("name", some(300, 300))])).unwrap();
    assert_eq!((names(&gated), gated.decisions.len()), (vec!["name".to_owned()], 0));
}

#[test]
fn decisions_are_stable() {
    let first = gate(&[]);
    decides(&first, "colour", some(200, 5), (DefaultAction::Keep, Reason::FewValues));
    // Later values do not change it, nor is it handed out again.
    let gated = first.apply(batch(vec![("colour", some(1000, 1000))])).unwrap();
    assert_eq!((gated.decisions.len(), gated.batch.num_columns()), (0, 1));

    // Kept as JSON over a restart, it is the same.
    let kept: Vec<ColumnDecision> = serde_json::from_str(&serde_json::to_string(&first.decisions()).unwrap()).unwrap();
    assert_eq!(kept, first.decisions());
    let again = Gate::new(GatePlan { decisions: kept.clone(), ..plan(&[]) }, &key());
    let gated = again.apply(batch(vec![("colour", some(1000, 1000))])).unwrap();
    assert_eq!((gated.decisions.len(), names(&gated)), (0, vec!["colour".to_owned()]));
    assert_eq!(again.decisions(), kept);

    // A declaration wins.
    let declared = Gate::new(GatePlan { decisions: kept, ..plan(&[("colour", Privacy::Drop)]) }, &key());
    assert_eq!(declared.apply(batch(vec![("colour", some(10, 1))])).unwrap().batch.num_columns(), 0);
    let declared = gate(&[("email", Privacy::Keep)]);
    assert_eq!(declared.apply(batch(vec![("email", emails(1))])).unwrap().batch, batch(vec![("email", emails(1))]));
}

#[test]
fn a_decision_of_a_refused_request_is_handed_out_later() {
    let gate = Gate::new(plan(&[("a", Privacy::Hash { domain: None })]), &NoKey);
    assert!(gate.apply(batch(vec![("a", texts(["x"])), ("iban", texts(["x"]))])).is_err());
    let gated = gate.apply(batch(vec![("b", numbers([1.0]))])).unwrap();
    assert_eq!(gated.decisions.iter().map(|decision| decision.column.as_str()).collect::<Vec<_>>(), ["iban"]);
}

#[test]
fn requests_at_the_same_time_agree() {
    let gate = gate(&[]);
    let decided: Vec<ColumnDecision> = std::thread::scope(|scope| {
        let send = || {
            let apply = |_| gate.apply(batch(vec![("colour", some(3, 3)), ("mail", emails(3))])).unwrap().decisions;
            (0..100).flat_map(apply).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(send)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let columns: std::collections::BTreeSet<&str> = decided.iter().map(|decision| decision.column.as_str()).collect();
    assert_eq!((decided.len(), columns.len()), (2, 2), "each decision is handed out once");
}

#[test]
fn undecided_columns_are_bounded() {
    let gate = keyless();
    let many: Vec<String> = (0..1000).map(|i| format!("c{i}")).collect();
    for round in 0..4 {
        let values: ArrayRef = Arc::new((0..100).map(|i| Some(format!("{round}-{i}"))).collect::<StringArray>());
        let columns = many.iter().map(|name| (name.as_str(), Arc::clone(&values))).collect();
        let gated = gate.apply(batch(columns)).unwrap();
        // Two numbers of each decided column; nothing of the others.
        assert_eq!(gated.batch.num_columns(), 2 * gate.decisions().len());
        assert_eq!(gated.withheld.len(), 1000 - gate.decisions().len());
    }
    assert!((512..1000).contains(&gate.decisions().len()), "{}", gate.decisions().len());
    assert!(gate.decisions().iter().all(|decision| decision.action == DefaultAction::ProfileOnly));
}
