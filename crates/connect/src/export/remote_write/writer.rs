//! Writing: batches, and the way back from 2.0 to 1.0.

use std::time::Duration;

use url::Url;

use super::messages::{Protocol, request};
use crate::Secret;
use crate::delivery::{Outcome, outcome_of};
use crate::egress::{Egress, Response};
use crate::export::sample::Sample;

/// Samples of one request, as Prometheus itself sends them.
const SAMPLES: usize = 2_000;
const COUNT_HEADER: &str = "x-prometheus-remote-write-samples-written";

/// Writes samples to one receiver.
#[derive(Debug)]
pub struct RemoteWriter {
    url: Url,
    headers: Vec<(String, Secret)>,
    timeout: Duration,
    protocol: Protocol,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Samples that the receiver took.
    pub samples: usize,
    /// What the last request came to. Unless it is delivered, the samples behind the first `samples` are to be written
    /// again (failed) or dropped (rejected).
    pub outcome: Outcome,
}

impl RemoteWriter {
    /// Writes to `url` with further headers, such as `authorization` or `x-scope-orgid`.
    #[must_use]
    pub const fn new(url: Url, headers: Vec<(String, Secret)>, timeout: Duration, protocol: Protocol) -> Self {
        Self { url, headers, timeout, protocol }
    }

    /// The version that is spoken now.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Writes samples in requests of 2,000, in their order: sort them by time, or out-of-order samples are refused. Stops
    /// at the first request that is not delivered.
    pub async fn write(&mut self, egress: &Egress, samples: &[Sample], now: i64) -> Written {
        let mut written = 0;
        for batch in samples.chunks(SAMPLES) {
            let outcome = self.batch(egress, batch, now).await;
            if outcome != Outcome::Delivered {
                return Written { samples: written, outcome };
            }
            written += batch.len();
        }
        Written { samples: written, outcome: Outcome::Delivered }
    }

    async fn batch(&mut self, egress: &Egress, batch: &[Sample], now: i64) -> Outcome {
        if self.protocol == Protocol::V2 {
            match self.send(egress, Protocol::V2, batch).await {
                Ok(response) if understood(&response) => return outcome_of(&response, now),
                Ok(_) => {
                    tracing::info!(
                        host = self.url.host_str(),
                        "the receiver does not understand remote write 2.0; going on with 1.0"
                    );
                    self.protocol = Protocol::V1;
                }
                Err(outcome) => return outcome,
            }
        }
        match self.send(egress, Protocol::V1, batch).await {
            Ok(response) => outcome_of(&response, now),
            Err(outcome) => outcome,
        }
    }

    async fn send(&self, egress: &Egress, protocol: Protocol, batch: &[Sample]) -> Result<Response, Outcome> {
        let mut request =
            request(&self.url, protocol, batch).map_err(|error| Outcome::Rejected { why: error.to_string() })?;
        request.headers.extend(self.headers.iter().cloned());
        egress.post(&request, self.timeout).await.map_err(|error| {
            let why = error.to_string();
            if error.is_permanent() { Outcome::Rejected { why } } else { Outcome::Failed { retry_after_ms: None, why } }
        })
    }
}

/// Whether an answer to 2.0 is one of a receiver that knows it.
fn understood(response: &Response) -> bool {
    match response.status {
        200..=299 => response.header(COUNT_HEADER).is_some(),
        415 => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::understood;
    use crate::egress::Response;

    #[test]
    fn a_success_that_counts_nothing_is_not_understood() {
        let response = |status, header: Option<&str>| {
            let headers = header.map(|count| ("x-prometheus-remote-write-samples-written".into(), count.into()));
            Response { status, headers: headers.into_iter().collect(), body: Vec::new() }
        };
        assert!(!understood(&response(204, None)) && !understood(&response(415, None)));
        assert!(
            understood(&response(204, Some("0")))
                && understood(&response(400, None))
                && understood(&response(503, None))
        );
    }
}
