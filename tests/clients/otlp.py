"""OpenTelemetry's own SDK sends spans, log records and metrics over HTTP and gRPC."""

from __future__ import annotations

import logging
import time

import deltalake
import requests
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from server import Server

ROWS = 40
RESOURCE = Resource.create({
    "service.name": "checkout", "service.version": "3.1.0", "deployment.environment.name": "staging",
})  # fmt: skip


def attributes(model: str, i: int) -> dict:
    return {
        "ml.model.name": model,
        "ml.model.version": f"v{1 + i % 2}",
        "ml.inference.id": f"{model}-{i}",
        "ml.feature.amount": i * 2.5,
        "ml.feature.country": "de" if i % 2 else "fr",
        "ml.prediction.value": float(i % 3),
        "ml.prediction.score": i / ROWS,
    }


class Failures(logging.Handler):
    """The SDK does not raise what goes wrong while exporting: it logs it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())

    def __enter__(self) -> Failures:
        logging.getLogger("opentelemetry").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("opentelemetry").removeHandler(self)
        assert not self.seen, f"the SDK reports: {self.seen}"


def send_spans(exporter: object, model: str) -> tuple[str, list[str]]:
    """Sends a request span with inferences below it; its trace id, and the trace ids of the inferences."""
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("clients")
    seen = []
    with Failures():
        with tracer.start_as_current_span("POST /checkout", kind=trace.SpanKind.SERVER) as request:
            request.set_attribute("http.request.method", "POST")
            for i in range(ROWS):
                with tracer.start_as_current_span("predict", attributes=attributes(model, i)) as span:
                    seen.append(f"{span.get_span_context().trace_id:032x}")
            with tracer.start_as_current_span("query the stock"):
                pass
        assert provider.force_flush()
        provider.shutdown()
    return f"{request.get_span_context().trace_id:032x}", seen


def send_logs(exporter: object, model: str) -> None:
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("clients")
    with Failures():
        for i in range(ROWS):
            record = LogRecord(
                timestamp=time.time_ns(), severity_number=SeverityNumber.INFO, body="predicted", attributes=attributes(model, i)
            )
            logger.emit(record)
        logger.emit(LogRecord(timestamp=time.time_ns(), severity_number=SeverityNumber.INFO, body="not an inference"))
        assert provider.force_flush()
        provider.shutdown()


def check(server: Server, model: str) -> list[dict]:
    """Every inference is a prediction of its model, with what it carried."""

    def known() -> bool:
        answer = server.http.get(f"{server.url}/api/v1/models/{model}", timeout=10)
        return answer.ok and answer.json()["predictions"] >= ROWS

    server.until(f"{ROWS} predictions of {model}", known)
    rows = deltalake.DeltaTable(str(server.table(model))).to_pyarrow_table().to_pylist()
    rows.sort(key=lambda row: row["amount"])
    assert len(rows) == ROWS, len(rows)
    for i, row in enumerate(rows):
        sent = attributes(model, i)
        assert row["prediction_id"] == sent["ml.inference.id"], row
        assert row["amount"] == sent["ml.feature.amount"] and row["country"] == sent["ml.feature.country"], row
        assert row["prediction"] == sent["ml.prediction.value"] and row["score"] == sent["ml.prediction.score"], row
        assert row["version"] == sent["ml.model.version"] and row["environment"] == "staging", row
        assert abs(row["ts"].timestamp() - time.time()) < 600, row
    return rows


def check_trace(server: Server, trace_id: str) -> None:
    spans = server.get(f"/api/v1/traces/{trace_id}")["spans"]
    names = sorted(span["name"] for span in spans)
    # Inferences went through the privacy gate into the table; as spans they are not kept.
    assert names == ["POST /checkout", "query the stock"], names


def declare(server: Server, model: str) -> None:
    """A model with its columns: a text that nobody declared is stored only once it is known not to name persons."""
    columns = [{"name": "amount", "type": "numeric"}, {"name": "country", "type": "categorical"}]
    server.put("Model", model, {"task": "other", "columns": [column | {"role": "feature"} for column in columns]})


def test_spans_over_http(server: Server) -> None:
    declare(server, "otlp-http-spans")
    exporter = HttpSpans(endpoint=server.url + "/v1/traces", compression=Compression.Gzip)
    trace_id, seen = send_spans(exporter, "otlp-http-spans")
    rows = check(server, "otlp-http-spans")
    assert [row["trace_id"] for row in rows] == seen, "trace ids"
    assert all(0 <= row["latency_ms"] < 60_000 for row in rows), "latencies"
    check_trace(server, trace_id)


def test_spans_over_grpc(server: Server) -> None:
    declare(server, "otlp-grpc-spans")
    trace_id, seen = send_spans(GrpcSpans(endpoint=server.grpc, insecure=True), "otlp-grpc-spans")
    assert [row["trace_id"] for row in check(server, "otlp-grpc-spans")] == seen, "trace ids"
    check_trace(server, trace_id)


def test_logs_over_http(server: Server) -> None:
    declare(server, "otlp-http-logs")
    send_logs(HttpLogs(endpoint=server.url + "/v1/logs"), "otlp-http-logs")
    check(server, "otlp-http-logs")


def test_logs_over_grpc(server: Server) -> None:
    declare(server, "otlp-grpc-logs")
    send_logs(GrpcLogs(endpoint=server.grpc, insecure=True), "otlp-grpc-logs")
    check(server, "otlp-grpc-logs")


def test_an_inference_without_a_model_is_rejected_and_the_others_are_taken(server: Server) -> None:
    declare(server, "otlp-partial")
    spans = []
    for i, model in enumerate(["otlp-partial", None, "otlp-partial"]):
        values = [KeyValue(key="ml.feature.amount", value=AnyValue(double_value=float(i)))]
        values += [KeyValue(key="ml.model.name", value=AnyValue(string_value=model))] if model else []
        now = time.time_ns()
        ids = {"trace_id": bytes([7] * 15 + [i + 1]), "span_id": bytes([9] * 7 + [i + 1])}
        spans.append(Span(name="predict", attributes=values, start_time_unix_nano=now, end_time_unix_nano=now, **ids))
    request = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])])
    response = server.post("/v1/traces", request.SerializeToString(), "application/x-protobuf")
    assert response.status_code == 200 and response.headers["Content-Type"] == "application/x-protobuf", response.text
    partial = ExportTraceServiceResponse.FromString(response.content).partial_success
    assert partial.rejected_spans == 1 and "ml.model.name" in partial.error_message, partial
    server.until("the other two", lambda: server.get("/api/v1/models/otlp-partial")["predictions"] == 2)


def test_metrics_are_answered(server: Server) -> None:
    statuses: list[int] = []
    session = requests.Session()
    session.hooks["response"].append(lambda response, *_, **__: statuses.append(response.status_code))
    http = HttpMetrics(endpoint=server.url + "/v1/metrics", session=session)
    for exporter in [http, GrpcMetrics(endpoint=server.grpc, insecure=True)]:
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
        provider = MeterProvider([reader], resource=RESOURCE)
        meter = provider.get_meter("clients")
        meter.create_counter("orders").add(3)
        meter.create_histogram("duration").record(0.25)
        with Failures():
            assert provider.force_flush()
            provider.shutdown()
    assert statuses and set(statuses) == {200}, statuses


# What the shared server is told, beside the mapping of the model.
SETTINGS = [
    "otlp.attributes.shop.model=model",
    "otlp.attributes.shop.features=features",
    "otlp.attributes.shop.probability=score",
    "otlp.kpis.shop.orders=orders",
    "otlp.kpis.shop.basket=basket_value",
    "otlp.kpi_models.shop.basket=otlp-mapped",
    "otlp.kpi_segments.shop.orders=country",
]


def test_attributes_of_other_names_are_mapped(server: Server) -> None:
    """The server says which attributes are the model, the features and the score; the model says the rest."""
    columns = [{"name": "amount", "type": "numeric"}, {"name": "country", "type": "categorical"}]
    mapping = {"fields": {"id": "request.uuid"}, "columns": {"country": "request.origin"}, "segments": {"channel": "channel"}}
    spec = {"task": "other", "columns": [c | {"role": "feature"} for c in columns], "ingest": {"mapping": mapping}}
    server.put("Model", "otlp-mapped", spec)

    def mapped(i: int) -> dict:
        return {
            "shop.model": "otlp-mapped",
            "shop.features.amount": i * 2.5,
            "shop.probability": i / ROWS,
            "request.uuid": f"mapped-{i}",
            "request.origin": "de" if i % 2 else "fr",
            "channel": "app",
        }

    exporter = HttpSpans(endpoint=server.url + "/v1/traces")
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("clients")
    with Failures():
        for i in range(ROWS):
            with tracer.start_as_current_span("predict", attributes=mapped(i)):
                pass
        assert provider.force_flush()
        provider.shutdown()
    server.until(f"{ROWS} predictions", lambda: server.get("/api/v1/models/otlp-mapped")["predictions"] >= ROWS)
    rows = deltalake.DeltaTable(str(server.table("otlp-mapped"))).to_pyarrow_table().to_pylist()
    rows.sort(key=lambda row: row["amount"])
    assert len(rows) == ROWS, len(rows)
    for i, row in enumerate(rows):
        assert row["prediction_id"] == f"mapped-{i}" and row["amount"] == i * 2.5 and row["score"] == i / ROWS, row
        assert row["country"] == ("de" if i % 2 else "fr") and row["segment.channel"] == "app", row
        assert "request.origin" not in row and "shop.probability" not in row, row


def test_metrics_that_are_named_become_kpis(server: Server) -> None:
    delta = {Counter: AggregationTemporality.DELTA}
    for exporter, country in [
        (HttpMetrics(endpoint=server.url + "/v1/metrics", preferred_temporality=delta), "de"),
        (GrpcMetrics(endpoint=server.grpc, insecure=True, preferred_temporality=delta), "fr"),
    ]:
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
        provider = MeterProvider([reader], resource=RESOURCE)
        meter = provider.get_meter("clients")
        meter.create_counter("shop.orders").add(3, {"country": country, "host": "web-1"})
        meter.create_gauge("shop.basket").set(12.5, {"country": country})
        meter.create_counter("shop.visits").add(100)
        with Failures():
            assert provider.force_flush()
            provider.shutdown()

    def stored() -> list[dict] | None:
        table = server.data / "lake" / "default" / "kpis"
        if not table.exists():
            return None
        rows = deltalake.DeltaTable(str(table)).to_pyarrow_table().to_pylist()
        # What other tests of this server count belongs to no such metric.
        rows = [row for row in rows if row["name"] in ("orders", "basket_value") and row["environment"] == "staging"]
        return rows if {(row["name"], row["segment.country"]) for row in rows} >= expected else None

    expected = {(name, country) for name in ["orders", "basket_value"] for country in ["de", "fr"]}
    rows = server.until("values of two KPIs from two countries", stored)
    # A gauge says its last value again when the SDK ends; a delta says each count once.
    orders = sorted((row["value"], row["segment.country"], row["model"]) for row in rows if row["name"] == "orders")
    assert orders == [(3.0, "de", None), (3.0, "fr", None)], rows
    baskets = {(row["value"], row["segment.country"], row["model"]) for row in rows if row["name"] == "basket_value"}
    assert baskets == {(12.5, "de", "otlp-mapped"), (12.5, "fr", "otlp-mapped")}, rows
    assert all("segment.host" not in row and row["version"] == "3.1.0" for row in rows), rows
