//! OTLP over gRPC, on the same port as HTTP.
//!
//! Frames and compression are tonic's; messages pass as bytes, so they are decoded once, behind the port.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::{Buf, BufMut, Bytes};
use futures::FutureExt;
use futures::future::BoxFuture;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, UnaryService};
use tonic::{Code as GrpcCode, Status};

use super::{Who, body, media, otlp};
use crate::app::App;
use crate::caller::Caller;
use crate::ports::{Encoding, OtlpRequest, Signal};
use crate::problem::{Code, Problem};

/// Bytes of a gRPC frame before its message.
const FRAME_HEAD: usize = 5;

/// `Export` of one of the three OTLP services.
pub(crate) async fn export(
    State(app): State<App>,
    Extension(caller): Who,
    signal: Signal,
    request: Request,
) -> Result<Response, Problem> {
    let content_type = media::content_type(request.headers());
    if !matches!(content_type.as_str(), "application/grpc" | "application/grpc+proto") {
        return Err(media::unsupported(&content_type, &["application/grpc"]));
    }
    let (mut parts, whole) = request.into_parts();
    let settings = &app.deps.settings;
    // Extensions stay with the half that reads the body: they hold the place of the request.
    let mut reading = Request::new(whole);
    *reading.headers_mut() = parts.headers.clone();
    *reading.extensions_mut() = std::mem::take(&mut parts.extensions);
    let (bytes, kept) = body(&app, reading, settings.body_bytes.saturating_add(FRAME_HEAD)).await?;
    let mut grpc = Grpc::new(RawCodec)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(settings.message_bytes);
    let service = Export { app: App::clone(&app), caller, signal, kept: Some(kept) };
    let response = grpc.unary(service, axum::http::Request::from_parts(parts, Body::from(bytes))).await;
    Ok(response.map(Body::new))
}

struct Export {
    app: App,
    caller: Caller,
    signal: Signal,
    kept: Option<super::Kept>,
}

impl UnaryService<Bytes> for Export {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<tonic::Response<Bytes>, Status>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let (app, caller, signal) = (App::clone(&self.app), self.caller.clone(), self.signal);
        let (kept, message) = (self.kept.take(), request.into_inner());
        async move {
            // The message may be many times its frame: it counts as well.
            let mut held = app.admission.hold();
            if !held.grow(message.len()) {
                app.deps.metrics.shed("memory");
                return Err(status(&Problem::new(Code::Overloaded, "the bodies in work fill the memory set aside")));
            }
            let environment = caller.environment.clone();
            let environment = environment.unwrap_or_else(|| app.deps.settings.default_environment.clone());
            let (json, encoding) = (false, Encoding::Identity);
            let export = OtlpRequest { caller, environment, signal, json, encoding, body: message };
            let answer = otlp::ask(&app, (kept, held), export).await.map_err(|problem| status(&problem))?;
            Ok(tonic::Response::new(Bytes::from(answer.body)))
        }
        .boxed()
    }
}

fn status(problem: &Problem) -> Status {
    Status::new(GrpcCode::from_i32(problem.code.grpc()), format!("{}: {}", problem.code.as_str(), problem.detail))
}

/// Messages as they are.
#[derive(Debug, Clone, Copy)]
struct RawCodec;

impl Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        target.put(item);
        Ok(())
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}
