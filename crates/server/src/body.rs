//! Reading bodies: bounded in bytes, in time, and in what all of them hold together.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::admission::{Admission, Held};
use crate::problem::{Code, Problem};
use crate::settings::Settings;

/// A body with its share of the memory budget; keep both as long as the bytes live.
#[derive(Debug)]
pub(crate) struct HeldBody {
    pub(crate) bytes: Bytes,
    pub(crate) held: Held,
}

/// When the next chunk must have come: within the stall time, and within what the grace and the bytes so far allow.
struct Pace<'a> {
    settings: &'a Settings,
    start: Instant,
}

impl Pace<'_> {
    fn deadline(&self, bytes: usize, now: Instant) -> Instant {
        #[expect(clippy::cast_precision_loss, reason = "a time in seconds")]
        let earned = bytes as f64 / f64::from(self.settings.body_rate.max(1));
        let whole = self.start + self.settings.body_grace + Duration::try_from_secs_f64(earned).unwrap_or_default();
        whole.min(now + self.settings.body_stall)
    }
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// A problem that names the limit: too large (413), too slow (408), no room (429), broken off (400).
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    admission: &Admission,
    settings: &Settings,
) -> Result<HeldBody, Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > limit) {
        return Err(too_large(limit));
    }
    if announced.is_some_and(|bytes| !admission.fits(bytes)) {
        return Err(no_room(settings));
    }
    let pace = Pace { settings, start: Instant::now() };
    let (mut held, mut stream) = (admission.hold(), body.into_data_stream());
    // A body that is announced gets its place at once; the system backs it with memory as it fills.
    let mut buffer = BytesMut::with_capacity(announced.unwrap_or_default());
    loop {
        let deadline = pace.deadline(held.bytes(), Instant::now());
        let chunk = match timeout_at(deadline, stream.next()).await {
            Err(_) => return Err(too_slow(held.bytes(), settings)),
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                let detail = format!("the body broke off after {} bytes", held.bytes());
                return Err(Problem::new(Code::MalformedBody, detail));
            }
            Ok(Some(Ok(chunk))) => chunk,
        };
        if held.bytes() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        if !held.grow(chunk.len()) {
            return Err(no_room(settings));
        }
        buffer.extend_from_slice(&chunk);
    }
    Ok(HeldBody { bytes: buffer.freeze(), held })
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than {limit} bytes, which is the limit `body_bytes` of this route");
    Problem::new(Code::TooLarge, detail).hint("send the rows in several requests, or compress them with zstd or gzip")
}

fn too_slow(bytes: usize, settings: &Settings) -> Problem {
    let Settings { body_stall, body_grace, body_rate, .. } = settings;
    let detail = format!(
        "the body stood at {bytes} bytes for too long; expected a byte every {} s and, after {} s, {body_rate} bytes/s",
        body_stall.as_secs_f64(),
        body_grace.as_secs_f64(),
    );
    Problem::new(Code::BodyTimeout, detail)
}

fn no_room(settings: &Settings) -> Problem {
    Problem::new(Code::Overloaded, "the bodies in work fill the memory set aside for them")
        .hint("send the request again after the time in `Retry-After`; rows with the same ids count once")
        .retry_after(settings.retry_after)
}
