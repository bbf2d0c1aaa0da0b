//! A server on fake ports, and ways to talk to it.

pub(crate) mod fake;
pub(crate) mod wire;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use prometheus_client::registry::Registry;
use serde_json::Value;
use tower::ServiceExt;
use watchkeeper_server::{Deps, Guard, HttpMetrics, Settings, router};

use fake::Fake;

/// A server on fake ports.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) fake: Arc<Fake>,
    pub(crate) deps: Deps,
    router: axum::Router,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The code of a problem, after a look at everything that all problems share.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let json = self.json();
        let code = json["code"].as_str().unwrap().to_owned();
        assert_eq!(json["type"], format!("https://watchkeeper.dev/problems/{code}"));
        assert_eq!(json["status"], self.status.as_u16());
        assert_eq!(json["request_id"].as_str(), self.header("x-request-id"));
        assert!(!json["title"].as_str().unwrap().is_empty() && !json["detail"].as_str().unwrap().is_empty());
        code
    }
}

impl Server {
    pub(crate) fn open() -> Self {
        Self::with(Guard::Open, Settings::default())
    }

    pub(crate) fn keyed() -> Self {
        Self::with(Guard::Keys, Settings::default())
    }

    pub(crate) fn with(guard: Guard, settings: Settings) -> Self {
        let fake = Arc::new(Fake::default());
        let mut registry = Registry::default();
        let metrics = HttpMetrics::register(&mut registry);
        let deps = Deps {
            intake: fake.clone(),
            otlp: fake.clone(),
            resources: fake.clone(),
            profiles: fake.clone(),
            erasures: fake.clone(),
            watch: fake.clone(),
            traces: fake.clone(),
            keys: fake.clone(),
            readiness: fake.clone(),
            clock: fake.clone(),
            metrics,
            registry: Arc::new(registry),
            guard,
            settings,
        };
        Self { fake, router: router(deps.clone()), deps }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &str) -> Answer {
        self.send(json_request("POST", path, body)).await
    }

    /// The value of a line of `/metrics`.
    pub(crate) async fn metric(&self, line: &str) -> Option<f64> {
        let text = self.get("/metrics").await.text();
        text.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(' ')?.parse().ok())
    }
}

pub(crate) fn json_request(method: &str, path: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}
