//! Labels, KPIs and changes.

use super::*;

#[test]
fn labels() {
    let case = on(Stream::Labels);
    let batch = case
        .ndjson("{\"id\":\"a\",\"label\":1,\"ts\":1767220000,\"note\":\"n\"}\n{\"prediction_id\":\"b\",\"value\":0,\"label_ts\":1767221000}")
        .batch;
    assert_eq!(columns(&batch), ["prediction_id", "label_ts", "ts", "environment", "label", "note"]);
    assert_eq!([time(&batch, "label_ts", 0), time(&batch, "label_ts", 1)], [Some(NOW), Some(1_767_221_000_000_000)]);
    assert_eq!([time(&batch, "ts", 0), time(&batch, "ts", 1)], [Some(1_767_220_000_000_000), None]);
    assert_eq!(case.refused(r#"{"id":"a"}"#), (RejectCode::Missing, Some("label".to_owned())));
    assert_eq!(case.refused(r#"{"label":1}"#), (RejectCode::Missing, Some("prediction_id".to_owned())));
    assert_eq!(case.refused(r#"{"id":1,"label":1,"value":1}"#).0, RejectCode::Malformed);
}

#[test]
fn kpis() {
    let mut case = on(Stream::Kpis);
    case.model = Some("churn");
    let row = r#"{"name":"sales","value":3,"ts":1767220000,"segments":{"shop":"north"}}"#;
    let batch = case.ndjson(format!("{row}\n{row}\n{}", row.replace("3,", "4,"))).batch;
    assert_eq!(columns(&batch), ["kpi_id", "name", "ts", "model", "environment", "value", "segment.shop"]);
    let ids = [0, 1, 2].map(|row| text(&batch, "kpi_id", row).unwrap());
    assert!(ids[0] == ids[1] && ids[0] != ids[2], "the content makes the id: {ids:?}");
    assert_eq!(text(&batch, "model", 0).unwrap(), "churn");
    assert_eq!(case.refused(r#"{"name":"a","value":"3"}"#).0, RejectCode::WrongType);
    assert_eq!(case.refused(r#"{"name":"a","value":null}"#).0, RejectCode::Missing);
    assert_eq!(case.refused(r#"{"value":1}"#), (RejectCode::Missing, Some("name".to_owned())));
    assert_eq!(
        case.refused(r#"{"name":"a","value":1,"valeu":1}"#),
        (RejectCode::UnknownValue, Some("valeu".to_owned()))
    );
    assert_eq!(case.refused(r#"{"name":"a","value":1,"x":{"y":1}}"#).0, RejectCode::UnknownValue);
    assert_eq!(case.refused(r#"{"name":"a","value":1,"environment":"Prod!"}"#).0, RejectCode::UnknownValue);
    // Rows of the table can be sent again.
    assert!(case.json(r#"{"name":"a","value":1,"received_at":"x","date":1}"#).rejects.is_empty());
}

#[test]
fn changes() {
    let case = on(Stream::Changes);
    let batch = case
        .json(r#"[{"kind":"deploy","detail":{"b": [1, 2.0], "a":"x"}},{"kind":"other","detail":"{\"is\": 1}"},{"kind":"config","detail":"plain \"text\"","id":5}]"#)
        .batch;
    let details = [0, 1, 2].map(|row| text(&batch, "detail", row).unwrap());
    assert_eq!(details, [r#"{"b":[1,2],"a":"x"}"#, r#"{"is": 1}"#, r#""plain \"text\"""#]);
    assert_eq!(text(&batch, "change_id", 2).unwrap(), "5");
    assert!(batch.column_by_name("model").is_none());
    assert_eq!(case.refused(r#"{"kind":"party"}"#), (RejectCode::UnknownValue, Some("kind".to_owned())));
    assert_eq!(case.refused(r#"{"summary":"s"}"#).0, RejectCode::Missing);
}
