//! Every port, in memory. Tenant `acme` has the models `churn` and `fraud`; tenant `globex` has nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use watchkeeper_server::ports::*;
use watchkeeper_server::{Caller, Right, Rights};

pub(crate) const NOW: &str = "2026-03-31T12:00:00Z";
pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

type Answering<Q, A> = Box<dyn Fn(&Q) -> Result<A, IntakeError> + Send + Sync>;

/// What the ports saw, and what they shall answer.
pub(crate) struct Fake {
    pub(crate) appends: Mutex<Vec<AppendRequest>>,
    pub(crate) exports: Mutex<Vec<OtlpRequest>>,
    pub(crate) callers: Mutex<Vec<Caller>>,
    pub(crate) queries: Mutex<Vec<DistributionQuery>>,
    pub(crate) expected: Mutex<Vec<Expected>>,
    pub(crate) intake: Mutex<Answering<AppendRequest, AppendAnswer>>,
    pub(crate) otlp: Mutex<Answering<OtlpRequest, OtlpAnswer>>,
    pub(crate) read: Mutex<Option<ReadError>>,
    pub(crate) catalog: Mutex<Option<ResourceError>>,
    pub(crate) keys_down: Mutex<bool>,
    pub(crate) missing: Mutex<Vec<String>>,
    pub(crate) stored: Mutex<BTreeMap<(String, String, String), Value>>,
    /// An append takes one permit before it answers: none left, and it waits.
    pub(crate) gate: Semaphore,
    /// One permit for each append that has begun.
    pub(crate) begun: Semaphore,
    pub(crate) finished: AtomicUsize,
}

impl Default for Fake {
    fn default() -> Self {
        let key = |tenant: &str, name: &str| (tenant.to_owned(), "Model".to_owned(), name.to_owned());
        let body = |name: &str| json!({"kind": "Model", "metadata": {"name": name}, "spec": {"owner": "marker-acme"}});
        let stored =
            ["acme", "default"].into_iter().flat_map(|t| ["churn", "fraud"].map(|name| (key(t, name), body(name))));
        Self {
            appends: Mutex::default(),
            exports: Mutex::default(),
            callers: Mutex::default(),
            queries: Mutex::default(),
            expected: Mutex::default(),
            intake: Mutex::new(Box::new(|request| Ok(accepted(1, request.ack)))),
            otlp: Mutex::new(Box::new(|_| Ok(OtlpAnswer { body: Vec::new() }))),
            read: Mutex::default(),
            catalog: Mutex::default(),
            keys_down: Mutex::default(),
            missing: Mutex::default(),
            stored: Mutex::new(stored.collect()),
            gate: Semaphore::new(1_000_000),
            begun: Semaphore::new(0),
            finished: AtomicUsize::new(0),
        }
    }
}

pub(crate) fn accepted(rows: u64, ack: Ack) -> AppendAnswer {
    let (duplicate, corrected, rejected) = (0, 0, 0);
    AppendAnswer { accepted: rows, duplicate, corrected, rejected, rejects: vec![], ack, rejected_by_code: vec![] }
}

impl Fake {
    pub(crate) fn answer_appends(
        &self,
        answer: impl Fn(&AppendRequest) -> Result<AppendAnswer, IntakeError> + Send + Sync + 'static,
    ) {
        *self.intake.lock().unwrap() = Box::new(answer);
    }

    pub(crate) fn answer_exports(
        &self,
        answer: impl Fn(&OtlpRequest) -> Result<OtlpAnswer, IntakeError> + Send + Sync + 'static,
    ) {
        *self.otlp.lock().unwrap() = Box::new(answer);
    }

    /// Closes the gate: appends begin and wait.
    pub(crate) fn hold_appends(&self) {
        self.gate.forget_permits(usize::MAX >> 4);
    }

    pub(crate) fn last_append(&self) -> AppendRequest {
        self.appends.lock().unwrap().last().unwrap().clone()
    }

    /// Waits until one more append has begun.
    pub(crate) async fn append_begins(&self) {
        self.begun.acquire().await.unwrap().forget();
    }

    fn seen(&self, caller: &Caller) {
        self.callers.lock().unwrap().push(caller.clone());
    }

    fn model_of(&self, caller: &Caller, model: &str) -> Result<ModelInfo, ReadError> {
        self.seen(caller);
        if let Some(error) = self.read.lock().unwrap().clone() {
            return Err(error);
        }
        match (caller.tenant.as_str(), model) {
            ("acme" | "default", "churn" | "fraud") => Ok(model_info(model)),
            _ => Err(ReadError::NotFound { what: format!("model `{model}`") }),
        }
    }
}

fn model_info(name: &str) -> ModelInfo {
    ModelInfo {
        name: name.to_owned(),
        state: ModelState::Ready,
        versions: vec!["marker-acme".to_owned()],
        environments: vec!["production".to_owned(), "staging".to_owned()],
        predictions: 10,
        labels: 0,
        first_event: None,
        last_event: Some(Time(NOW.parse().unwrap())),
        profiled_to: None,
        flagged_columns: vec![],
    }
}

#[async_trait]
impl Intake for Fake {
    async fn append(&self, request: AppendRequest) -> Result<AppendAnswer, IntakeError> {
        self.appends.lock().unwrap().push(request.clone());
        self.begun.add_permits(1);
        self.gate.acquire().await.unwrap().forget();
        self.finished.fetch_add(1, Ordering::SeqCst);
        // Not under the lock: an answer may panic.
        let answer = std::mem::replace(&mut *self.intake.lock().unwrap(), Box::new(|r| Ok(accepted(1, r.ack))));
        let result = answer(&request);
        *self.intake.lock().unwrap() = answer;
        result
    }
}

#[async_trait]
impl Otlp for Fake {
    async fn export(&self, request: OtlpRequest) -> Result<OtlpAnswer, IntakeError> {
        self.exports.lock().unwrap().push(request.clone());
        (self.otlp.lock().unwrap())(&request)
    }
}

#[async_trait]
impl Profiles for Fake {
    async fn models(&self, caller: &Caller, _page: &Page) -> Result<ModelsPage, ReadError> {
        let models = ["churn", "fraud"].iter().filter_map(|model| self.model_of(caller, model).ok()).collect();
        Ok(ModelsPage { models, next: None })
    }

    async fn model(&self, caller: &Caller, model: &str) -> Result<ModelInfo, ReadError> {
        self.model_of(caller, model)
    }

    async fn columns(&self, caller: &Caller, model: &str) -> Result<ColumnsAnswer, ReadError> {
        self.model_of(caller, model)?;
        let column = ColumnInfo {
            name: "age".to_owned(),
            role: "feature".to_owned(),
            kind: "numeric".to_owned(),
            state: ModelState::Learning,
            grid: None,
            privacy: "keep".to_owned(),
            flagged: None,
            profile_bytes: None,
        };
        Ok(ColumnsAnswer { model: model.to_owned(), columns: vec![column] })
    }

    async fn profiles(&self, caller: &Caller, query: &ProfileQuery) -> Result<ProfilesAnswer, ReadError> {
        self.model_of(caller, &query.model)?;
        let profile = |column: &String| ProfileAnswer {
            column: column.clone(),
            window: query.window,
            rows: 3,
            classes: Classes { valid: 2, null: 1, ..Classes::default() },
            bins: vec![],
            summary: Some(Summary { mean: Some(1.5), min: Some(f64::NAN), ..Summary::default() }),
            buckets: vec![],
        };
        Ok(ProfilesAnswer { model: query.model.clone(), profiles: query.columns.iter().map(profile).collect() })
    }

    async fn distribution(&self, caller: &Caller, query: &DistributionQuery) -> Result<DistributionAnswer, ReadError> {
        self.model_of(caller, &query.model)?;
        self.queries.lock().unwrap().push(query.clone());
        let classes = Classes { valid: 2, ..Classes::default() };
        let current = DistributionSide { window: Some(query.window), rows: 2, classes, summary: None };
        Ok(DistributionAnswer {
            model: query.model.clone(),
            column: query.column.clone(),
            reference: None,
            current,
            bins: vec![],
            measurements: vec![],
            buckets: vec![],
        })
    }

    async fn storage(&self, caller: &Caller) -> Result<StorageAnswer, ReadError> {
        let tables = ["churn", "fraud"].iter().filter_map(|model| self.model_of(caller, model).ok());
        let table = |model: ModelInfo| TableSize {
            table: "predictions".to_owned(),
            model: Some(model.name),
            rows: 10,
            files: 1,
            bytes: 100,
            stale_bytes: 0,
            version: 1,
            first_event: None,
            last_event: None,
        };
        let tables: Vec<TableSize> = tables.map(table).collect();
        Ok(StorageAnswer { bytes: tables.iter().map(|table| table.bytes).sum(), tables })
    }
}

fn erasure(model: &str, named: u64) -> ErasureAnswer {
    ErasureAnswer {
        erasure: "e1".to_owned(),
        model: model.to_owned(),
        state: ErasureState::Done,
        step: String::new(),
        files_done: 1,
        files: 1,
        named,
        digest: "sha256:marker".to_owned(),
        tables: vec![],
        gone_by: None,
        warnings: vec![],
        problem: None,
    }
}

#[async_trait]
impl Erasures for Fake {
    async fn erase(&self, caller: &Caller, request: EraseRequest) -> Result<ErasureAnswer, ReadError> {
        self.model_of(caller, &request.model)?;
        let named = match &request.events {
            ErasedEvents::Ids(ids) => ids.len(),
            ErasedEvents::Column { values, .. } => values.len(),
        };
        let state = if request.reason.is_some() { ErasureState::Running } else { ErasureState::Done };
        Ok(ErasureAnswer { state, ..erasure(&request.model, named as u64) })
    }

    async fn erasure(&self, caller: &Caller, model: &str, _: &str) -> Result<ErasureAnswer, ReadError> {
        self.model_of(caller, model)?;
        Ok(erasure(model, 1))
    }
}

fn incident(status: &str) -> IncidentAnswer {
    let at = Time(NOW.parse().unwrap());
    IncidentAnswer {
        incident: IncidentInfo {
            id: "inc-1".to_owned(),
            status: status.to_owned(),
            severity: "page".to_owned(),
            title: "marker-acme".to_owned(),
            model: Some("churn".to_owned()),
            environment: Some("production".to_owned()),
            opened_at: at,
            closed_at: None,
            alerts_total: 0,
            suspects: Vec::new(),
            acknowledged_by: None,
            assignee: None,
        },
        alerts: Vec::new(),
        timeline: Vec::new(),
        times: std::collections::BTreeMap::new(),
        durations: std::collections::BTreeMap::new(),
        runbook: String::new(),
    }
}

#[async_trait]
impl Watch for Fake {
    async fn alerts(&self, caller: &Caller, _: Option<&str>) -> Result<AlertsAnswer, ReadError> {
        self.seen(caller);
        Ok(AlertsAnswer { alerts: Vec::new(), more: 0 })
    }

    async fn incidents(&self, caller: &Caller, query: &IncidentsQuery, _: &Page) -> Result<IncidentsPage, ReadError> {
        let seen = self.incident(caller, "inc-1").await.map(|answer| answer.incident);
        let wanted = query.open != Some(false);
        Ok(IncidentsPage { incidents: seen.into_iter().filter(|_| wanted).collect(), next: None })
    }

    async fn incident(&self, caller: &Caller, incident_id: &str) -> Result<IncidentAnswer, ReadError> {
        self.model_of(caller, "churn")?;
        if incident_id != "inc-1" || !caller.sees_model("churn") || !caller.sees_environment("production") {
            return Err(ReadError::NotFound { what: "incident".to_owned() });
        }
        Ok(incident("open"))
    }

    async fn command(
        &self,
        caller: &Caller,
        incident_id: &str,
        command: IncidentCommand,
    ) -> Result<IncidentAnswer, ReadError> {
        let mut answer = Watch::incident(self, caller, incident_id).await?;
        if matches!(command, IncidentCommand::Acknowledge { .. }) {
            answer.incident.acknowledged_by = Some("me".to_owned());
        }
        Ok(answer)
    }

    async fn measurements(&self, caller: &Caller, query: &MeasurementsQuery) -> Result<MeasurementsAnswer, ReadError> {
        self.model_of(caller, &query.model)?;
        Ok(MeasurementsAnswer { series: Vec::new(), truncated: query.known_at.is_some() })
    }
}

#[async_trait]
impl Traces for Fake {
    async fn trace(&self, caller: &Caller, trace_id: &str) -> Result<TraceAnswer, ReadError> {
        self.model_of(caller, "churn")?;
        if trace_id != TRACE {
            return Err(ReadError::NotFound { what: "trace".to_owned() });
        }
        let span = |model: Option<&str>, environment: Option<&str>| SpanInfo {
            span_id: "b7ad6b7169203331".to_owned(),
            parent_span_id: None,
            name: "marker-acme".to_owned(),
            service: None,
            start: Time(NOW.parse().unwrap()),
            end: Time(NOW.parse().unwrap()),
            status: "ok".to_owned(),
            model: model.map(str::to_owned),
            environment: environment.map(str::to_owned),
            attributes: json!({}),
        };
        let spans = vec![span(None, None), span(Some("churn"), Some("production"))];
        Ok(TraceAnswer { trace_id: trace_id.to_owned(), spans, truncated: false })
    }
}

impl Fake {
    fn resource(&self, caller: &Caller, kind: &str, name: &str) -> Result<Resource, ResourceError> {
        self.seen(caller);
        if let Some(error) = self.catalog.lock().unwrap().clone() {
            return Err(error);
        }
        let key = (caller.tenant.clone(), kind.to_owned(), name.to_owned());
        let missing = ResourceError::NotFound { kind: kind.to_owned(), name: name.to_owned() };
        let body = self.stored.lock().unwrap().get(&key).cloned().ok_or(missing)?;
        let updated_at = Time(NOW.parse().unwrap());
        Ok(Resource { kind: kind.to_owned(), name: name.to_owned(), revision: 3, updated_at, body })
    }
}

#[async_trait]
impl Resources for Fake {
    async fn get(&self, caller: &Caller, kind: &str, name: &str, _: Option<u64>) -> Result<Resource, ResourceError> {
        self.resource(caller, kind, name)
    }

    async fn list(&self, caller: &Caller, kind: &str, _: &Page) -> Result<ResourcePage, ResourceError> {
        let all: Vec<_> = self.stored.lock().unwrap().keys().cloned().collect();
        let own = all.iter().filter(|(tenant, k, _)| *tenant == caller.tenant && k == kind);
        Ok(ResourcePage { items: own.map(|(_, _, n)| self.resource(caller, kind, n).unwrap()).collect(), next: None })
    }

    async fn put(
        &self,
        caller: &Caller,
        kind: &str,
        name: &str,
        body: Value,
        expected: Expected,
    ) -> Result<PutAnswer, ResourceError> {
        self.expected.lock().unwrap().push(expected);
        let before = self.resource(caller, kind, name);
        if let Err(error @ (ResourceError::Invalid(_) | ResourceError::Conflict { .. })) = before {
            return Err(error);
        }
        let key = (caller.tenant.clone(), kind.to_owned(), name.to_owned());
        self.stored.lock().unwrap().insert(key, body);
        Ok(PutAnswer { resource: self.resource(caller, kind, name)?, created: before.is_err() })
    }

    async fn delete(&self, caller: &Caller, kind: &str, name: &str, expected: Expected) -> Result<(), ResourceError> {
        self.expected.lock().unwrap().push(expected);
        self.resource(caller, kind, name)?;
        self.stored.lock().unwrap().remove(&(caller.tenant.clone(), kind.to_owned(), name.to_owned()));
        Ok(())
    }

    async fn revisions(
        &self,
        caller: &Caller,
        kind: &str,
        name: &str,
        _: &Page,
    ) -> Result<RevisionsAnswer, ResourceError> {
        let Resource { revision, updated_at: at, body, .. } = self.resource(caller, kind, name)?;
        let revision = Revision { revision, at, by: "local".to_owned(), deleted: false, body: Some(body) };
        Ok(RevisionsAnswer { revisions: vec![revision], next: None })
    }

    async fn diff(&self, caller: &Caller, kind: &str, name: &str, _: Value) -> Result<Diff, ResourceError> {
        Ok(Diff { exists: self.resource(caller, kind, name).is_ok(), changes: vec![] })
    }
}

/// Tokens are `<tenant>/<environment>/<model>/<rights>`, with `-` for any.
#[async_trait]
impl Keys for Fake {
    async fn authenticate(&self, token: &str, now: Timestamp) -> Result<Option<Grant>, KeyError> {
        assert_eq!(now, NOW.parse().unwrap());
        if *self.keys_down.lock().unwrap() {
            return Err(KeyError::Unavailable { detail: "marker-detail".to_owned() });
        }
        let parts: Vec<&str> = token.split('/').collect();
        let [tenant, environment, model, rights] = parts[..] else { return Ok(None) };
        let any = |text: &str| Some(text.to_owned()).filter(|text| text != "-");
        let rights: Vec<Right> = Right::ALL.into_iter().filter(|right| rights.contains(right.as_str())).collect();
        Ok(Some(Grant {
            tenant: tenant.to_owned(),
            environment: any(environment),
            model: any(model),
            rights: Rights::of(&rights),
            key_id: format!("id-{}", token.len()),
        }))
    }

    async fn create(&self, caller: &Caller, key: NewKey, _: Timestamp) -> Result<CreatedKey, KeyError> {
        self.seen(caller);
        let NewKey { environment, model, rights, expires_at, .. } = key;
        let (id, token) = ("k1".to_owned(), "watchkeeper_production_k1_marker-token".to_owned());
        Ok(CreatedKey { id, token, tenant: caller.tenant.clone(), environment, model, rights, expires_at })
    }
}

#[async_trait]
impl Readiness for Fake {
    async fn missing(&self) -> Vec<String> {
        self.missing.lock().unwrap().clone()
    }
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        NOW.parse().unwrap()
    }
}
