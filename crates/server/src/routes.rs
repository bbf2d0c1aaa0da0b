//! The one table of routes: path, method, rights, and how far a narrow key reaches.
//!
//! The router is made from it, so a path that is not here is not served; the authorisation tests walk through it.

use crate::caller::Right;

/// What a route does. The module `handlers` has exactly one handler for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is one row of the table below")]
pub enum Op {
    AppendPredictions,
    AppendLabels,
    AppendKpis,
    AppendChanges,
    AppendCloudEvents,
    OtlpTraces,
    OtlpLogs,
    OtlpMetrics,
    GrpcTraces,
    GrpcLogs,
    GrpcMetrics,
    ListModels,
    GetModel,
    ListColumns,
    GetProfiles,
    GetDistribution,
    ListResources,
    GetResource,
    PutResource,
    DeleteResource,
    ListRevisions,
    DiffResource,
    EraseEvents,
    GetErasure,
    CreateKey,
    GetStorage,
    GetTrace,
    ListAlerts,
    ListIncidents,
    GetIncident,
    CommandIncident,
    GetMeasurements,
    Live,
    Ready,
    MetricsText,
    OpenApi,
}

/// How a key for one model or environment is bounded on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Nobody's data: no key is asked for.
    Public,
    /// The whole process: needs a key for the whole tenant.
    Process,
    /// The path names the model.
    Model,
    /// The path names the model, of which all environments are concerned: a key for one of them does not reach it.
    WholeModel,
    /// The rows name theirs; the port rejects those out of scope.
    Rows,
    /// The answer is cut to the scope.
    Answer,
    /// A resource: reads see the own model only, writes need the own model or a key for the whole tenant.
    Resource,
    /// A new key, no wider than the one that makes it.
    Key,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// What it does.
    pub op: Op,
    /// HTTP method.
    pub method: &'static str,
    /// Path with parameters in braces.
    pub path: &'static str,
    /// Any of these rights opens it; empty for everybody.
    pub rights: &'static [Right],
    /// How far a narrow key reaches.
    pub reach: Reach,
}

const INGEST: &[Right] = &[Right::Ingest];
const READ: &[Right] = &[Right::Read];
const CONFIG: &[Right] = &[Right::Read, Right::Admin];
const ADMIN: &[Right] = &[Right::Admin];
const ANYBODY: &[Right] = &[];

const fn get(op: Op, path: &'static str, rights: &'static [Right], reach: Reach) -> Route {
    Route { op, method: "GET", path, rights, reach }
}

const fn post(op: Op, path: &'static str, rights: &'static [Right], reach: Reach) -> Route {
    Route { op, method: "POST", path, rights, reach }
}

const fn put(op: Op, path: &'static str, rights: &'static [Right], reach: Reach) -> Route {
    Route { op, method: "PUT", path, rights, reach }
}

const fn delete(op: Op, path: &'static str, rights: &'static [Right], reach: Reach) -> Route {
    Route { op, method: "DELETE", path, rights, reach }
}

const GRPC_TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const GRPC_LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const GRPC_METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// Every route of the server.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    post(Op::AppendPredictions, "/api/v1/models/{model}/predictions", INGEST, Reach::Model),
    post(Op::AppendLabels, "/api/v1/models/{model}/labels", INGEST, Reach::Model),
    post(Op::AppendKpis, "/api/v1/kpis", INGEST, Reach::Rows),
    post(Op::AppendChanges, "/api/v1/changes", INGEST, Reach::Rows),
    post(Op::AppendCloudEvents, "/cloudevents", INGEST, Reach::Rows),
    post(Op::OtlpTraces, "/v1/traces", INGEST, Reach::Rows),
    post(Op::OtlpLogs, "/v1/logs", INGEST, Reach::Rows),
    post(Op::OtlpMetrics, "/v1/metrics", INGEST, Reach::Rows),
    post(Op::GrpcTraces, GRPC_TRACES, INGEST, Reach::Rows),
    post(Op::GrpcLogs, GRPC_LOGS, INGEST, Reach::Rows),
    post(Op::GrpcMetrics, GRPC_METRICS, INGEST, Reach::Rows),
    get(Op::ListModels, "/api/v1/models", READ, Reach::Answer),
    get(Op::GetModel, "/api/v1/models/{model}", READ, Reach::Model),
    get(Op::ListColumns, "/api/v1/models/{model}/columns", READ, Reach::Model),
    get(Op::GetProfiles, "/api/v1/models/{model}/profiles", READ, Reach::Model),
    get(Op::GetDistribution, "/api/v1/models/{model}/distribution", READ, Reach::Model),
    get(Op::ListResources, "/api/v1/resources/{kind}", CONFIG, Reach::Resource),
    get(Op::GetResource, "/api/v1/resources/{kind}/{name}", CONFIG, Reach::Resource),
    put(Op::PutResource, "/api/v1/resources/{kind}/{name}", ADMIN, Reach::Resource),
    delete(Op::DeleteResource, "/api/v1/resources/{kind}/{name}", ADMIN, Reach::Resource),
    get(Op::ListRevisions, "/api/v1/resources/{kind}/{name}/revisions", CONFIG, Reach::Resource),
    post(Op::DiffResource, "/api/v1/resources/{kind}/{name}/diff", CONFIG, Reach::Resource),
    post(Op::EraseEvents, "/api/v1/models/{model}/erasures", ADMIN, Reach::WholeModel),
    get(Op::GetErasure, "/api/v1/models/{model}/erasures/{erasure}", ADMIN, Reach::WholeModel),
    post(Op::CreateKey, "/api/v1/keys", ADMIN, Reach::Key),
    get(Op::GetStorage, "/api/v1/storage", READ, Reach::Answer),
    get(Op::GetTrace, "/api/v1/traces/{trace_id}", READ, Reach::Answer),
    get(Op::ListAlerts, "/api/v1/alerts", READ, Reach::Answer),
    get(Op::ListIncidents, "/api/v1/incidents", READ, Reach::Answer),
    get(Op::GetIncident, "/api/v1/incidents/{incident}", READ, Reach::Answer),
    post(Op::CommandIncident, "/api/v1/incidents/{incident}/commands", ADMIN, Reach::Answer),
    get(Op::GetMeasurements, "/api/v1/models/{model}/measurements", READ, Reach::Model),
    get(Op::Live, "/healthz", ANYBODY, Reach::Public),
    get(Op::Ready, "/readyz", ANYBODY, Reach::Public),
    get(Op::MetricsText, "/metrics", READ, Reach::Process),
    get(Op::OpenApi, "/api/v1/openapi.json", ANYBODY, Reach::Public),
];
