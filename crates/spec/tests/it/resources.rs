//! Files with several resources of any kind.

use watchkeeper_spec::{BaselineFile, BaselineSource, Resource, ResourceKind, Right};

fn read(text: &str) -> Result<Vec<Resource>, watchkeeper_spec::SpecError> {
    Resource::from_yaml_documents(text.as_bytes(), "all.yaml")
}

#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let error = read(text).expect_err(text).to_string();
    assert_eq!(error.lines().collect::<Vec<_>>(), expect, "\n---\n{text}");
}

/// A document whose first line is line 1.
fn of(kind: &str, rest: &str) -> String {
    format!("apiVersion: watchkeeper/v1\nkind: {kind}\nmetadata: {{name: x}}\n{rest}")
}

#[test]
fn every_kind_in_one_file() {
    let text = [
        "# a comment\n---\n".to_owned(),
        of("Tenant", ""),
        "---\n---\n# nothing\n---\n".to_owned(),
        of("Environment", ""),
        "---\n".to_owned(),
        of("Model", "spec: {task: regression}\n"),
        "---\n".to_owned(),
        of("Baseline", "spec: {model: m, source: {range: {from: 2026-01-01, to: \"2026-02-01T00:00:00+01:00\"}}}\n"),
        "---\n".to_owned(),
        of("ApiKey", "spec: {rights: [read, ingest], environment: production, expires: 2027-01-01}\n...\n"),
    ]
    .concat();
    let resources = read(&text).unwrap_or_else(|error| panic!("{error}"));
    let kinds: Vec<ResourceKind> = resources.iter().map(Resource::kind).collect();
    let expect = [
        ResourceKind::Tenant,
        ResourceKind::Environment,
        ResourceKind::Model,
        ResourceKind::Baseline,
        ResourceKind::ApiKey,
    ];
    assert_eq!(kinds, expect);
    assert!(resources.iter().all(|resource| resource.name() == "x"));
    let Resource::Baseline(baseline) = &resources[3] else { panic!() };
    let BaselineSource::Range(range) = &baseline.source else { panic!() };
    assert_eq!(
        (range.from.to_string().as_str(), range.to.to_string().as_str()),
        ("2026-01-01T00:00:00Z", "2026-01-31T23:00:00Z")
    );
    let Resource::ApiKey(key) = &resources[4] else { panic!() };
    assert_eq!(
        (key.rights.as_slice(), key.environment.as_deref()),
        ([Right::Ingest, Right::Read].as_slice(), Some("production"))
    );
    assert_eq!(key.expires.map(|time| time.to_string()).as_deref(), Some("2027-01-01T00:00:00Z"));
}

#[test]
fn problems_of_all_documents() {
    let text = [
        of("Modle", "spec: {}\n"),
        "---\n".to_owned(),
        of("Baseline", "spec: {modle: m, source: {}}\n"),
        "---\n".to_owned(),
        of("Tenant", "spec: {}\n"),
        "---\n".to_owned(),
        of("Tenant", ""),
        "---\nkind: Tenant\nmetadata: {name: A_b}\n".to_owned(),
    ]
    .concat();
    check(
        &text,
        &[
            "all.yaml:2:7: unknown `kind` `Modle`; did you mean `Model`? \
             expected one of `Model`, `Baseline`, `Tenant`, `Environment`, `ApiKey`, \
             `Monitor`, `BurnPolicy`, `NotificationTarget`, `Route`, `InhibitRule`, `MaintenanceWindow`, `Silence`, \
             `Service`, `DataSource`, `SLO`, `SLI`, `AlertPolicy`, `AlertCondition`, `AlertNotificationTarget`",
            "all.yaml:9:7: missing field `model` in `spec`; expected the name of a resource",
            "all.yaml:9:8: unknown field `modle` in `spec`; did you mean `model`? expected one of `model`, `source`",
            "all.yaml:9:26: `spec.source` does not hold exactly one of its fields; \
             expected one of `file`, `range`, `learning`",
            "all.yaml:14:1: unknown field `spec` at the top level; expected one of `apiVersion`, `kind`, `metadata`",
            "all.yaml:18:18: repeated Tenant `x`, first at line 13; expected each resource once",
            "all.yaml:20:1: missing field `apiVersion` at the top level; expected one of `watchkeeper/v1`, `openslo/v1`",
            "all.yaml:21:18: invalid tenant name `A_b`; did you mean `a-b`? expected 1 to 63 lower-case letters, digits, \
             `-` or `.`, with a letter or digit at both ends",
        ],
    );
}

#[test]
fn kinds() {
    check(
        "kind: reference\n",
        &[
            "all.yaml:1:1: missing field `apiVersion` at the top level; expected one of `watchkeeper/v1`, `openslo/v1`",
            "all.yaml:1:7: unknown `kind` `reference`; did you mean `Baseline`? \
         expected one of `Model`, `Baseline`, `Tenant`, `Environment`, `ApiKey`, \
             `Monitor`, `BurnPolicy`, `NotificationTarget`, `Route`, `InhibitRule`, `MaintenanceWindow`, `Silence`, \
             `Service`, `DataSource`, `SLO`, `SLI`, `AlertPolicy`, `AlertCondition`, `AlertNotificationTarget`",
        ],
    );
    check(
        "apiVersion: watchkeeper/v1\n",
        &["all.yaml:1:1: missing field `kind` at the top level; \
         expected one of `Model`, `Baseline`, `Tenant`, `Environment`, `ApiKey`, \
             `Monitor`, `BurnPolicy`, `NotificationTarget`, `Route`, `InhibitRule`, `MaintenanceWindow`, `Silence`, \
             `Service`, `DataSource`, `SLO`, `SLI`, `AlertPolicy`, `AlertCondition`, `AlertNotificationTarget`"],
    );
    check("", &["all.yaml: the document is empty; expected a mapping with `apiVersion`, `kind`, `metadata`, `spec`"]);
    check(
        "---\n---\n",
        &["all.yaml: the document is empty; expected a mapping with `apiVersion`, `kind`, `metadata`, `spec`"],
    );
    let error = Resource::from_yaml_documents(b"a: \xff", "all.yaml").unwrap_err().to_string();
    assert_eq!(error, "all.yaml:1:4: invalid UTF-8 after 3 bytes; expected UTF-8 text");
}

#[test]
fn baselines() {
    let spec = |source: &str| of("Baseline", &format!("spec:\n  model: m\n  source: {source}\n"));
    let file = |source: &str| {
        let resources = read(&spec(source)).unwrap_or_else(|error| panic!("{error}"));
        let [Resource::Baseline(baseline)] = resources.as_slice() else { panic!() };
        baseline.source.clone()
    };
    assert_eq!(
        file("{file: {path: data/*.parquet}}"),
        BaselineSource::File(BaselineFile::Path("data/*.parquet".to_owned()))
    );
    let url = "s3://bucket/a.parquet".to_owned();
    assert_eq!(file("{file: {url: \"s3://bucket/a.parquet\"}}"), BaselineSource::File(BaselineFile::Url(url)));
    assert!(matches!(file("{learning: {}}"), BaselineSource::Learning(settings) if settings.rows == 1000));
    check(
        &spec("{file: {url: data.parquet}}"),
        &["all.yaml:6:24: `spec.source.file.url` is `data.parquet`; expected a URL such as \
         `s3://bucket/reference.parquet`; a file of the server's machine is a `path`"],
    );
    check(
        &spec("{file: {path: a, url: \"s3://b\"}}"),
        &["all.yaml:6:18: `spec.source.file` does not hold exactly one of its fields; expected one of `path`, `url`"],
    );
    check(
        &spec("{range: {from: 2026-02-01, to: 2026-02-01}}"),
        &["all.yaml:6:26: `from` `2026-02-01T00:00:00Z` is not before `to` `2026-02-01T00:00:00Z` in \
         `spec.source.range`; expected `from` before `to`"],
    );
    check(
        &spec("{range: {from: yesterday, environment: Prod}}"),
        &[
            "all.yaml:6:19: missing field `to` in `spec.source.range`; \
         expected a time such as `2026-01-31T08:00:00Z`, or a date",
            "all.yaml:6:26: `spec.source.range.from` is `yesterday`; \
         expected a time such as `2026-01-31T08:00:00Z`, or a date",
            "all.yaml:6:50: invalid environment name `Prod`; did you mean `prod`? expected 1 to 63 lower-case letters, \
         digits, `-` or `.`, with a letter or digit at both ends",
        ],
    );
    check(
        &spec("{learning: {}, range: {from: 2026-01-01, to: 2026-01-02}}"),
        &["all.yaml:6:11: `spec.source` does not hold exactly one of its fields; \
         expected one of `file`, `range`, `learning`"],
    );
}

#[test]
fn api_keys_have_rights_and_no_secret() {
    let spec = |spec: &str| of("ApiKey", &format!("spec: {spec}\n"));
    check(
        &spec("{rights: []}"),
        &["all.yaml:4:16: `spec.rights` is an empty list; expected a list of one of `ingest`, `read`, `admin`"],
    );
    check(
        &spec("{rights: [write, read, read], expires: never}"),
        &[
            "all.yaml:4:17: unknown right `write` at `spec.rights[0]`; did you mean `ingest`? \
         expected one of `ingest`, `read`, `admin`",
            "all.yaml:4:30: repeated right `read` in `spec.rights`; expected each right once",
            "all.yaml:4:46: `spec.expires` is `never`; expected a time such as `2026-01-31T08:00:00Z`, or a date",
        ],
    );
    // The value of an unknown field is not repeated: it may be a secret.
    let error = read(&spec("{rights: [read], secret: hunter2}")).unwrap_err().to_string();
    assert!(error.contains("unknown field `secret`") && !error.contains("hunter2"), "{error}");
}
