//! How much the server takes at once, and how long it waits.

use std::time::Duration;

const MIB: usize = 1 << 20;

/// Requests that one key may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests per second in the long run; at least 1.
    pub per_second: u32,
    /// Requests at once after a pause; at least 1.
    pub burst: u32,
}

/// Bounds and time-outs of the server. Everything that a client can make large or slow has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a body of events as sent; more is answered 413.
    pub body_bytes: usize,
    /// Bytes of a gRPC message after decompression; more is refused.
    pub message_bytes: usize,
    /// Bytes of a resource or of another document.
    pub document_bytes: usize,
    /// Bytes of all bodies held at the same time; more is answered 429.
    pub in_flight_bytes: usize,
    /// Requests worked on at the same time; more are answered 429.
    pub concurrent_requests: usize,
    /// Connections open at the same time; further ones wait in the backlog of the socket.
    pub connections: usize,
    /// From the first byte of a request (or the connection) to the end of its head.
    pub head_timeout: Duration,
    /// How long a connection may lie idle between requests.
    pub idle_timeout: Duration,
    /// How long a client may take no byte of an answer.
    pub write_timeout: Duration,
    /// The longest pause within a body.
    pub body_stall: Duration,
    /// Time that a body has besides what [`Settings::body_rate`] grants it.
    pub body_grace: Duration,
    /// Bytes per second that a body must bring in the mean once its grace is used up.
    pub body_rate: u32,
    /// The longest pause of a client that still sends after its answer, before its connection is closed.
    pub linger_pause: Duration,
    /// How long such a client may go on sending in all.
    pub linger_time: Duration,
    /// Bytes that it may send; they are thrown away.
    pub linger_bytes: usize,
    /// From the head of a request to its answer, the body's transfer not counted.
    pub request_timeout: Duration,
    /// How long requests may take to end once the server stops.
    pub drain_timeout: Duration,
    /// What `Retry-After` says where nothing better is known.
    pub retry_after: Duration,
    /// Requests per key; `None` for no limit.
    pub rate_limit: Option<RateLimit>,
    /// Environment of rows and requests that name none.
    pub default_environment: String,
    /// Words for `?format=`: capture formats of other systems that the intake reads.
    pub capture_formats: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_bytes: 32 * MIB,
            message_bytes: 256 * MIB,
            document_bytes: MIB,
            in_flight_bytes: 512 * MIB,
            concurrent_requests: 512,
            connections: 4_096,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(90),
            write_timeout: Duration::from_secs(30),
            body_stall: Duration::from_secs(10),
            body_grace: Duration::from_secs(30),
            body_rate: 4 << 10,
            linger_pause: Duration::from_secs(5),
            linger_time: Duration::from_secs(30),
            linger_bytes: 256 * MIB,
            request_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(30),
            retry_after: Duration::from_secs(1),
            rate_limit: None,
            default_environment: "production".to_owned(),
            capture_formats: Vec::new(),
        }
    }
}
