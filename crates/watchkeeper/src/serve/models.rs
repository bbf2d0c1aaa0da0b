//! The models of the service: their definitions from the catalog, the state of their streams, their profilers.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_schema::Schema;
use async_trait::async_trait;
use jiff::Timestamp;
use watchkeeper_catalog::{Catalog, Change, Kind, ResourceKey, sha256_hex};
use watchkeeper_ingest::intake::{IntakeError, StreamState, Streams};
use watchkeeper_ingest::privacy::{ColumnDecision, Gate, GatePlan, KeySource, keyed_digest};
use watchkeeper_ingest::{ColumnShape, ColumnType, Mapping, Shape, Stream, names};
use watchkeeper_lake::profiles::{Buckets, Learning, ModelProfiles, Plan};
use watchkeeper_lake::{Lake, TableId, TableName};
use watchkeeper_spec::{Model, Privacy, Resource, Role};

/// Models and streams that are held in memory; beyond that those that are not in use, and lose nothing by it, are let go.
const HELD_MAX: usize = 4096;

/// A model as the service knows it.
#[derive(Debug)]
pub(super) struct Known {
    /// Its definition; a model that was made by its first event declares nothing.
    pub(super) model: Model,
    /// Its profiler.
    pub(super) profiles: ModelProfiles,
}

impl Known {
    /// How wide its profiles are, by their age.
    pub(super) fn buckets(&self) -> Buckets {
        plan(&self.model).buckets
    }
}

type StreamKey = (String, Stream, Option<String>);

#[derive(Default)]
struct Held {
    models: HashMap<(String, String), Arc<Known>>,
    streams: HashMap<StreamKey, Arc<StreamState>>,
}

/// All models.
pub(super) struct Models {
    pub(super) catalog: Catalog,
    pub(super) lake: Lake,
    key: Box<dyn KeySource + Send + Sync>,
    epoch: u32,
    auto_create: bool,
    held: Mutex<Held>,
    held_max: usize,
    /// One stream or model is loaded at a time, so that two requests never hold two states of one stream.
    loading: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models").finish_non_exhaustive()
    }
}

impl Models {
    pub(super) fn new(
        catalog: Catalog,
        lake: Lake,
        key: Box<dyn KeySource + Send + Sync>,
        epoch: u32,
        auto_create: bool,
    ) -> Self {
        let (held, loading) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { catalog, lake, key, epoch, auto_create, held, held_max: HELD_MAX, loading }
    }

    /// A digest of `bytes` for records that must not hold them: keyed when there is a key.
    pub(super) fn digest(&self, bytes: &[u8]) -> String {
        match self.key.key() {
            Ok(Some(key)) => format!("hmac-sha256:{}", keyed_digest(&key, bytes)),
            _ => format!("sha256:{}", sha256_hex(bytes)),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model, if it is in the catalog.
    pub(super) async fn known(&self, tenant: &str, name: &str) -> Result<Option<Arc<Known>>, IntakeError> {
        let key = (tenant.to_owned(), name.to_owned());
        if let Some(known) = self.held().models.get(&key) {
            return Ok(Some(known.clone()));
        }
        let resource = ResourceKey::new(tenant, Kind::Model, name);
        let Some(found) = self.catalog.get(&resource).await.map_err(|error| unavailable(&error))? else {
            return Ok(None);
        };
        let source = format!("model `{name}` of the catalog");
        let model = match Resource::from_json(&found.body.to_string(), &source) {
            Ok(Resource::Model(model)) => *model,
            Ok(_) => return Err(IntakeError::Internal(format!("{source} is not a model"))),
            Err(error) => return Err(IntakeError::Internal(format!("{source}: {error}"))),
        };
        let profiles = ModelProfiles::new(self.lake.clone(), tenant, name, plan(&model));
        let mut held = self.held();
        if held.models.len() >= self.held_max {
            // Counts that wait for a commit stay until it, a minute at most: answers add them to what is committed.
            held.models.retain(|_, known| Arc::strong_count(known) > 1 || !known.profiles.is_settled());
        }
        Ok(Some(held.models.entry(key).or_insert_with(|| Arc::new(Known { model, profiles })).clone()))
    }

    /// Forgets what is held of a model, so that its new definition counts. Its streams' columns are read again.
    pub(super) async fn changed(&self, tenant: &str, name: &str) {
        let _loading = self.loading.lock().await;
        let former = self.held().models.remove(&(tenant.to_owned(), name.to_owned()));
        if let Some(former) = former
            && let Err(error) = former.profiles.flush().await
        {
            // Nothing is lost: what was not committed is counted again from the events.
            tracing::warn!(%error, model = name, "profiles could not be committed before a new definition");
        }
        self.held().streams.retain(|(t, _, m), _| t != tenant || m.as_deref() != Some(name));
    }

    /// All models that are in use since the start.
    pub(super) fn in_use(&self) -> Vec<((String, String), Arc<Known>)> {
        self.held().models.iter().map(|(key, known)| (key.clone(), known.clone())).collect()
    }

    async fn known_or_new(&self, tenant: &str, name: &str) -> Result<Arc<Known>, IntakeError> {
        if let Some(known) = self.known(tenant, name).await? {
            return Ok(known);
        }
        if !self.auto_create {
            return Err(IntakeError::UnknownModel { tenant: tenant.to_owned(), model: name.to_owned() });
        }
        let yaml = format!(
            "apiVersion: watchkeeper/v1\nkind: Model\nmetadata:\n  name: {name}\nspec:\n  task: other\n  columns: []\n"
        );
        let bad_name = || IntakeError::Name { what: "model", name: name.to_owned() };
        if watchkeeper_spec::model_name_from(name) != name {
            return Err(bad_name());
        }
        let model = Model::from_yaml(&yaml, "a new model").map_err(|_| bad_name())?;
        let body = serde_json::from_str(&Resource::Model(Box::new(model)).to_json())
            .map_err(|error| IntakeError::Internal(error.to_string()))?;
        let change = Change {
            key: ResourceKey::new(tenant, Kind::Model, name),
            body,
            expected_revision: Some(0),
            actor: "watchkeeper".into(),
            detail: "made by its first event".into(),
        };
        match self.catalog.put(&change, Timestamp::now()).await {
            Ok(_) => tracing::info!(tenant, model = name, "new model, learning"),
            // Somebody else made it at the same moment.
            Err(error) if error.kind() == watchkeeper_catalog::ErrorKind::Conflict => {}
            Err(error) => return Err(unavailable(&error)),
        }
        self.known(tenant, name).await?.ok_or_else(|| IntakeError::Internal(format!("model `{name}` is gone again")))
    }

    async fn load(&self, key: &StreamKey) -> Result<StreamState, IntakeError> {
        let (tenant, stream, model) = (key.0.as_str(), key.1, key.2.as_deref());
        let name = TableName::from(stream);
        let table = match model {
            Some(model) => TableId::of_model(tenant, model, name),
            None => TableId::of_tenant(tenant, name),
        };
        let known = match model {
            Some(model) => Some(self.known_or_new(tenant, model).await?),
            None => None,
        };
        let decisions = self.decisions(tenant, stream, model).await?;
        let mut gate_plan = match &known {
            Some(known) => GatePlan::of_model(tenant, stream, &known.model, decisions),
            None => GatePlan::new(tenant, stream),
        };
        gate_plan.epoch = self.epoch;
        let gate = Gate::new(gate_plan, self.key.as_ref());
        let stored = self
            .lake
            .schema(&table)
            .await
            .map_err(|error| IntakeError::Unavailable { reason: error.to_string(), retry_after_s: 5 })?;
        let shape = shape(known.as_deref().map(|known| &known.model), stream, stored.as_deref(), &gate);
        let rejects = TableId::of_tenant(tenant, TableName::Rejects);
        Ok(StreamState::new((tenant, stream, model), (table.to_string(), rejects.to_string()), gate, shape))
    }

    async fn decisions(
        &self,
        tenant: &str,
        stream: Stream,
        model: Option<&str>,
    ) -> Result<Vec<ColumnDecision>, IntakeError> {
        let key = decisions_key(stream, model);
        let stored = self.catalog.state_get(tenant, &key).await.map_err(|error| unavailable(&error))?;
        let Some(stored) = stored else { return Ok(Vec::new()) };
        serde_json::from_slice(&stored.value).map_err(|error| IntakeError::Internal(format!("state `{key}`: {error}")))
    }
}

fn decisions_key(stream: Stream, model: Option<&str>) -> String {
    format!("privacy/{}/{}", stream.as_str(), model.unwrap_or(""))
}

fn unavailable(error: &dyn fmt::Display) -> IntakeError {
    IntakeError::Unavailable { reason: error.to_string(), retry_after_s: 5 }
}

#[async_trait]
impl Streams for Models {
    async fn stream(&self, tenant: &str, stream: Stream, model: Option<&str>) -> Result<Arc<StreamState>, IntakeError> {
        let of_model = matches!(stream, Stream::Predictions | Stream::Labels);
        let key = (tenant.to_owned(), stream, model.filter(|_| of_model).map(str::to_owned));
        if let Some(state) = self.held().streams.get(&key) {
            return Ok(state.clone());
        }
        let _loading = self.loading.lock().await;
        if let Some(state) = self.held().streams.get(&key) {
            return Ok(state.clone());
        }
        let state = Arc::new(self.load(&key).await?);
        let mut held = self.held();
        if held.streams.len() >= self.held_max {
            // The appender has a share in every stream with rows that are not in its table yet.
            held.streams.retain(|_, state| Arc::strong_count(state) > 1);
        }
        held.streams.insert(key, state.clone());
        Ok(state)
    }

    async fn decided(&self, state: &StreamState, _: Vec<ColumnDecision>) {
        let key = decisions_key(state.stream, state.model.as_deref());
        let all = state.gate.decisions();
        let stored = match serde_json::to_vec(&all) {
            Ok(bytes) => self.catalog.state_set(&state.tenant, &key, &bytes, None).await.map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = stored {
            // The decisions hold in memory; after a restart they are made anew.
            tracing::error!(error, key, "decisions on personal columns could not be kept");
        }
        for decision in all.iter().filter(|decision| decision.finding.is_some()) {
            tracing::info!(model = state.model, column = decision.column, "column flagged as likely personal");
        }
    }
}

/// The columns of a stream that are known before its first event: declared ones, and those of the table.
fn shape(model: Option<&Model>, stream: Stream, stored: Option<&Schema>, gate: &Gate) -> Shape {
    let mut shape = Shape::default();
    let transformed = |name: &str| {
        let declared = model.and_then(|model| model.column(name)).and_then(|column| column.privacy.as_ref());
        declared.is_some_and(|privacy| !matches!(privacy, Privacy::Keep))
    };
    for field in stored.into_iter().flat_map(|schema| schema.fields()) {
        let own = [names::RECEIVED_AT, names::DATE].contains(&field.name().as_str());
        if let Some(kind) = ColumnType::of(field.data_type()).filter(|_| !own && !transformed(field.name())) {
            let personal = gate.is_personal(field.name());
            shape.columns.insert(field.name().clone(), ColumnShape { kind, personal });
        }
    }
    let Some(model) = model else { return shape };
    if stream == Stream::Predictions {
        for column in model.columns.iter().filter(|column| column.role != Role::Id && column.role != Role::Timestamp) {
            let Some(kind) = column.kind.map(column_type) else { continue };
            let personal = gate.is_personal(&column.name);
            shape.columns.entry(column.name.clone()).or_insert(ColumnShape { kind, personal });
        }
    }
    shape.mapping = declared_mapping(model);
    // Columns with a role stand where the event has its fields, unless the mapping says otherwise.
    for column in &model.columns {
        let field = match column.role {
            Role::Id if column.name != names::PREDICTION_ID => "id",
            Role::Timestamp if column.name != names::TS && stream == Stream::Predictions => "ts",
            Role::Latency if column.name != names::LATENCY_MS => "latency_ms",
            _ => continue,
        };
        shape.mapping.fields.entry(field.to_owned()).or_insert_with(|| column.name.clone());
    }
    shape
}

/// The mapping that a model declares for events of another shape.
pub(super) fn declared_mapping(model: &Model) -> Mapping {
    let declared = &model.ingest.mapping;
    Mapping { fields: declared.fields.clone(), columns: declared.columns.clone(), segments: declared.segments.clone() }
}

fn column_type(kind: watchkeeper_spec::Kind) -> ColumnType {
    use watchkeeper_spec::Kind;
    match kind {
        Kind::Numeric => ColumnType::Number,
        Kind::Boolean => ColumnType::Boolean,
        Kind::Timestamp => ColumnType::Time,
        _ => ColumnType::Text,
    }
}

/// How the predictions of a model are profiled.
fn plan(model: &Model) -> Plan {
    use watchkeeper_profile::Kind as Counted;
    use watchkeeper_spec::Kind;
    let mut kinds = BTreeMap::new();
    let mut plan = Plan { segments: model.segments.clone(), ..Plan::default() };
    for column in &model.columns {
        if matches!(column.role, Role::Id | Role::Ignore) {
            plan.skip.insert(column.name.clone());
        }
        let kind = match column.kind {
            Some(Kind::Numeric) => Counted::Numeric,
            Some(Kind::Boolean) => Counted::Boolean,
            Some(Kind::Categorical) => Counted::Categorical,
            Some(Kind::Text) => Counted::Text,
            _ => continue,
        };
        kinds.insert(column.name.clone(), kind);
    }
    plan.kinds = kinds;
    let seconds = |span: watchkeeper_spec::Span| i64::try_from(span.seconds()).unwrap_or(i64::MAX);
    plan.buckets = Buckets {
        seconds: u32::try_from(model.profiles.bucket.seconds()).unwrap_or(300).clamp(1, 3600),
        hour_after: seconds(model.profiles.keep_buckets),
        day_after: seconds(model.profiles.hour),
        delete_after: seconds(model.profiles.day),
    };
    plan.learning = Learning { hours: u32::try_from(model.learning.hours).unwrap_or(24), rows: model.learning.rows };
    plan
}

#[cfg(test)]
mod tests;
