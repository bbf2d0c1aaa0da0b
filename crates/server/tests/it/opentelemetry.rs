//! OTLP over HTTP in memory, and over gRPC on a real port, beside HTTP/1.1.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request as GrpcRequest};
use watchkeeper_server::ports::{Encoding, IntakeError, OtlpAnswer, Signal};
use watchkeeper_server::{Drained, Guard, Settings, run};

use crate::support::Server;

fn logs(texts: usize) -> ExportLogsServiceRequest {
    let record = |index: usize| LogRecord { event_name: format!("event {index}"), ..LogRecord::default() };
    let scope = ScopeLogs { log_records: (0..texts).map(record).collect(), ..ScopeLogs::default() };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() }],
    }
}

#[tokio::test]
async fn http_in_both_forms() {
    let server = Server::open();
    for (path, signal) in [("/v1/traces", Signal::Traces), ("/v1/logs", Signal::Logs), ("/v1/metrics", Signal::Metrics)]
    {
        for (content_type, json) in [("application/x-protobuf", false), ("application/json; charset=utf-8", true)] {
            server.fake.answer_exports(|request| Ok(OtlpAnswer { body: request.body.to_vec() }));
            let request = Request::post(path).header("content-type", content_type).header("content-encoding", "gzip");
            let answer = server.send(request.body(Body::from("bytes")).unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "bytes"));
            let expected = if json { "application/json" } else { "application/x-protobuf" };
            assert_eq!(answer.header("content-type"), Some(expected));
            let export = server.fake.exports.lock().unwrap().pop().unwrap();
            assert_eq!((export.signal, export.json, export.encoding), (signal, json, Encoding::Gzip));
            assert_eq!(export.environment, "production");
        }
        let answer = server.send(Request::post(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.code(), "unsupported_media_type");
    }
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

#[tokio::test]
async fn http_errors_in_the_form_of_the_request() {
    let server = Server::open();
    let retry_after = Duration::from_secs(3);
    server.fake.answer_exports(move |_| Err(IntakeError::Overloaded { retry_after }));
    let request = Request::post("/v1/logs").header("content-type", "application/x-protobuf");
    let answer = server.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("3")));
    let status = RpcStatus::decode(&answer.body[..]).unwrap();
    assert_eq!((status.code, status.message.as_str()), (14, "overloaded: the intake is full"));
    assert_eq!(server.post_json("/v1/logs", "{}").await.code(), "overloaded");
}

/// A server on a real port for as long as `work` takes.
async fn on_port<T>(server: &Server, work: impl AsyncFnOnce(std::net::SocketAddr) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap_or(()) };
    let running = tokio::spawn(run(vec![listener], shutdown, server.deps.clone()));
    let result = work(address).await;
    stop.send(()).unwrap();
    assert_eq!(running.await.unwrap().unwrap(), Drained::Whole);
    result
}

async fn channel(address: std::net::SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

#[tokio::test]
async fn grpc_takes_all_three_signals_on_the_port_of_http() {
    let server = Server::open();
    on_port(&server, async |address| {
        let channel = channel(address).await;
        let mut client = LogsServiceClient::new(channel.clone());
        let answer = client.export(logs(3)).await.unwrap();
        assert_eq!(answer.into_inner(), ExportLogsServiceResponse::default());
        TraceServiceClient::new(channel.clone()).export(ExportTraceServiceRequest::default()).await.unwrap();
        MetricsServiceClient::new(channel).export(ExportMetricsServiceRequest::default()).await.unwrap();

        let mut plain = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        plain.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        plain.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    })
    .await;
    let exports = server.fake.exports.lock().unwrap();
    let signals: Vec<Signal> = exports.iter().map(|export| export.signal).collect();
    assert_eq!(signals, [Signal::Logs, Signal::Traces, Signal::Metrics]);
    assert_eq!(ExportLogsServiceRequest::decode(&exports[0].body[..]).unwrap(), logs(3));
    assert!(!exports[0].json && exports[0].encoding == Encoding::Identity);
}

#[tokio::test]
async fn grpc_messages_may_be_compressed_within_their_limit() {
    let message_bytes = logs(1_000).encoded_len();
    let server = Server::with(Guard::Open, Settings { message_bytes, ..Settings::default() });
    on_port(&server, async |address| {
        let channel = channel(address).await;
        for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
            let mut client = LogsServiceClient::new(channel.clone()).send_compressed(encoding);
            client.export(logs(1_000)).await.unwrap();
            // A little request that becomes a large message.
            let status = client.export(logs(100_000)).await.unwrap_err();
            assert!(status.message().contains("limit"), "{status:?}");
        }
    })
    .await;
    let exports = server.fake.exports.lock().unwrap();
    assert_eq!(exports.len(), 2);
    assert_eq!(ExportLogsServiceRequest::decode(&exports[1].body[..]).unwrap(), logs(1_000));
}

#[tokio::test]
async fn grpc_errors_are_statuses() {
    let server = Server::keyed();
    let fake = Arc::clone(&server.fake);
    on_port(&server, async |address| {
        let channel = channel(address).await;
        let export = async |token: Option<&'static str>| {
            let mut request = GrpcRequest::new(logs(1));
            if let Some(token) = token {
                request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            }
            LogsServiceClient::new(channel.clone()).export(request).await.map(drop).map_err(|status| status.code())
        };
        assert_eq!(export(None).await, Err(Code::Unauthenticated));
        assert_eq!(export(Some("wrong")).await, Err(Code::Unauthenticated));
        assert_eq!(export(Some("acme/-/-/read")).await, Err(Code::PermissionDenied));
        assert_eq!(export(Some("acme/staging/-/ingest")).await, Ok(()));
        assert_eq!(fake.exports.lock().unwrap()[0].environment, "staging");
        for (error, code) in [
            (IntakeError::Overloaded { retry_after: Duration::from_secs(1) }, Code::Unavailable),
            (IntakeError::Unavailable { detail: "x".into() }, Code::Unavailable),
            (IntakeError::Malformed { detail: "x".into() }, Code::InvalidArgument),
            (IntakeError::Internal { detail: "x".into() }, Code::Internal),
        ] {
            fake.answer_exports(move |_| Err(error.clone()));
            assert_eq!(export(Some("acme/-/-/ingest")).await, Err(code));
        }
        fake.answer_exports(|_| panic!("a bug"));
        assert_eq!(export(Some("acme/-/-/ingest")).await, Err(Code::Internal));
    })
    .await;
}

#[tokio::test]
async fn other_grpc_services_and_frames_are_refused() {
    let server = Server::open();
    let send = |path: &str, content_type: &str, body: &'static [u8]| {
        let request = Request::post(path).header("content-type", content_type).body(Body::from(body)).unwrap();
        let server = server.clone();
        async move { server.send(request).await }
    };
    let path = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    let answer = send("/grpc.health.v1.Health/Check", "application/grpc", b"\0\0\0\0\0").await;
    assert_eq!((answer.status.as_u16(), answer.header("grpc-status")), (200, Some("5")));
    assert_eq!(send(path, "application/json", b"{}").await.code(), "unsupported_media_type");
    for frame in [&b""[..], b"\0", b"\0\0\0\0\x09abc", b"\x01\0\0\0\x03abc", b"\x07\0\0\0\0", b"\0\xff\xff\xff\xffx"] {
        let answer = send(path, "application/grpc", frame).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("grpc-status").is_some_and(|status| status != "0"), "{frame:?} {answer:?}");
    }
    assert!(server.fake.exports.lock().unwrap().is_empty());
}

/// Not every future of a test is `Send`; this one has to be for `tokio::spawn`.
#[tokio::test]
async fn a_half_body_over_tcp_is_answered() {
    fn is_send<T: Send>(future: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
        future
    }
    let settings = Settings { body_stall: Duration::from_millis(50), ..Settings::default() };
    let server = Server::with(Guard::Open, settings);
    let text = on_port(&server, async |address| {
        is_send(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = "POST /api/v1/kpis HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
            stream.write_all(format!("{head}content-length: 99\r\n\r\n{{").as_bytes()).await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            text
        })
        .await
    })
    .await;
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("body_timeout"), "{text}");
    assert!(server.fake.appends.lock().unwrap().is_empty());
}
