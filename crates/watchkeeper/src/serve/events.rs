//! The server's port for events, on top of taking in.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use watchkeeper_ingest::decode::{self, BodyFormat, DecodeError, Encoding};
use watchkeeper_ingest::formats::{self, Converted, Format, Halves, Joiner, JoinerLimits, Options};
use watchkeeper_ingest::intake::{self, Ack, Append, Intake, Payload};
use watchkeeper_ingest::privacy::GateError;
use watchkeeper_ingest::{Limits, Reject, RejectCode, Stream, names};
use watchkeeper_server::Caller;
use watchkeeper_server::ports::{self, AppendAnswer, AppendRequest, BodyKind, IntakeError, RejectedRow};

/// Takes requests of the server in.
pub(super) struct Events {
    intake: Intake,
    limits: Limits,
    /// Requests and responses of inference services that wait for their other half, by tenant.
    joiners: Mutex<BTreeMap<String, Joiner>>,
}

/// Tenants whose halves are joined at a time.
const JOINERS_MAX: usize = 64;

impl Events {
    pub(super) fn new(intake: Intake, limits: Limits) -> Self {
        Self { intake, limits, joiners: Mutex::default() }
    }

    /// Appends events of one stream. Rows outside the scope of the caller are rejected.
    pub(super) async fn append_to(
        &self,
        caller: &Caller,
        environment: &str,
        (stream, model): (Stream, Option<&str>),
        payload: Payload,
        ack: Ack,
        idempotency_key: Option<String>,
    ) -> Result<intake::Answer, IntakeError> {
        let mut only: Vec<(&'static str, String)> = Vec::new();
        only.extend(caller.environment.clone().map(|own| (names::ENVIRONMENT, own)));
        if matches!(stream, Stream::Kpis | Stream::Changes) {
            only.extend(caller.model.clone().map(|own| ("model", own)));
        }
        let append = Append {
            tenant: caller.tenant.clone(),
            environment: environment.to_owned(),
            stream,
            model: model.map(str::to_owned),
            payload,
            ack,
            only,
            idempotency_key,
        };
        self.intake.append(append, Timestamp::now().as_microsecond()).await.map_err(explained)
    }

    /// Events in another program's format: each goes to the model it names, else to that of the path.
    async fn converted(&self, request: &AppendRequest, converted: Converted) -> Result<AppendAnswer, IntakeError> {
        let mut groups: BTreeMap<(Stream, String), Vec<Value>> = BTreeMap::new();
        let mut answer = Sum::default();
        answer.reject(converted.rejects);
        let events = converted.events.into_iter().zip(converted.event_sources).map(|e| (Stream::Predictions, e));
        let labels = converted.labels.into_iter().zip(converted.label_sources).map(|e| (Stream::Labels, e));
        for (stream, (event, source)) in events.chain(labels) {
            let named = source.model.as_deref().or(request.model.as_deref());
            let Some(model) = named.filter(|model| request.caller.sees_model(model)) else {
                answer.reject(vec![Reject {
                    row: source.row,
                    field: Some("model".into()),
                    value: named.map(|name| name.chars().take(64).collect()),
                    expected: "a model within the scope of the key".into(),
                    code: if named.is_some() { RejectCode::UnknownValue } else { RejectCode::Missing },
                }]);
                continue;
            };
            groups.entry((stream, watchkeeper_spec::model_name_from(model))).or_default().push(event);
        }
        let bytes = request.body.len() / groups.len().max(1);
        for ((stream, model), events) in groups {
            let payload = Payload::Values { events, rejects: Vec::new(), bytes };
            let ack = ack(request.ack);
            answer.add(
                self.append_to(&request.caller, &request.environment, (stream, Some(&model)), payload, ack, None)
                    .await?,
            );
        }
        Ok(answer.into_answer(request.ack))
    }

    fn options(&self, environment: &str) -> Options {
        Options { environment: Some(environment.to_owned()), limits: self.limits.clone(), ..Options::default() }
    }

    fn join(&self, tenant: &str, halves: Halves, options: &Options) -> Result<Converted, IntakeError> {
        let mut joiners = self.joiners.lock().unwrap_or_else(PoisonError::into_inner);
        if joiners.len() >= JOINERS_MAX && !joiners.contains_key(tenant) {
            return Err(IntakeError::Overloaded { retry_after: Duration::from_secs(5) });
        }
        let joiner = joiners.entry(tenant.to_owned()).or_insert_with(|| Joiner::new(JoinerLimits::default()));
        joiner.join(halves, Timestamp::now().as_microsecond(), options).map_err(malformed)
    }
}

fn malformed(error: impl std::fmt::Display) -> IntakeError {
    IntakeError::Malformed { detail: error.to_string() }
}

fn ack(ack: ports::Ack) -> Ack {
    match ack {
        ports::Ack::Journal => Ack::Journal,
        ports::Ack::Commit => Ack::Commit,
    }
}

/// The encoding of a body as decoders name it.
pub(super) fn encoding(encoding: ports::Encoding) -> Encoding {
    match encoding {
        ports::Encoding::Identity => Encoding::Identity,
        ports::Encoding::Gzip => Encoding::Gzip,
        ports::Encoding::Zstd => Encoding::Zstd,
    }
}

#[async_trait]
impl ports::Intake for Events {
    async fn append(&self, request: AppendRequest) -> Result<AppendAnswer, IntakeError> {
        let format = match &request.format {
            BodyKind::Json => BodyFormat::Json,
            BodyKind::Ndjson => BodyFormat::Ndjson,
            BodyKind::ArrowStream => BodyFormat::ArrowStream,
            BodyKind::Parquet => BodyFormat::Parquet,
            other => return self.append_foreign(&request, &other.clone()).await,
        };
        let payload = Payload::Body { format, encoding: encoding(request.encoding), bytes: request.body.clone() };
        let to = (request.stream, request.model.as_deref());
        let mut sum = Sum::default();
        let key = request.idempotency_key.clone();
        sum.add(self.append_to(&request.caller, &request.environment, to, payload, ack(request.ack), key).await?);
        Ok(sum.into_answer(request.ack))
    }
}

impl Events {
    async fn append_foreign(&self, request: &AppendRequest, kind: &BodyKind) -> Result<AppendAnswer, IntakeError> {
        let body = self.decompressed(encoding(request.encoding), request.body.clone()).await?;
        let options = self.options(&request.environment);
        let converted = match kind {
            BodyKind::Capture(word) => {
                let format: Format = word
                    .parse()
                    .map_err(|error: formats::UnknownFormat| IntakeError::Unsupported { detail: error.to_string() })?;
                formats::read(format, &body, None, &options).map_err(malformed)?
            }
            kind => {
                let mut headers: Vec<(String, String)> =
                    request.cloud_event.iter().map(|(name, value)| (format!("ce-{name}"), value.clone())).collect();
                let content_type = match kind {
                    BodyKind::CloudEventBinary { content_type } => content_type.as_str(),
                    BodyKind::CloudEventStructured => "application/cloudevents+json",
                    _ => "application/cloudevents-batch+json",
                };
                headers.push(("content-type".into(), content_type.into()));
                let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                let halves = formats::http_halves(&headers, &body, &options).map_err(malformed)?;
                self.join(&request.caller.tenant, halves, &options)?
            }
        };
        self.converted(request, converted).await
    }

    pub(super) async fn decompressed(&self, encoding: Encoding, body: Bytes) -> Result<Bytes, IntakeError> {
        let limits = self.limits.clone();
        tokio::task::spawn_blocking(move || decode::decompress(encoding, body, &limits))
            .await
            .map_err(|error| IntakeError::Internal { detail: error.to_string() })?
            .map_err(|error| explained(intake::IntakeError::Decode(error)))
    }
}

/// Answers of several appends as one.
#[derive(Default)]
pub(super) struct Sum {
    answer: intake::Answer,
    by_code: Vec<(RejectCode, u64)>,
}

impl Sum {
    pub(super) fn add(&mut self, answer: intake::Answer) {
        self.answer.accepted += answer.accepted;
        self.answer.duplicate += answer.duplicate;
        self.answer.corrected += answer.corrected;
        self.count(&answer.rejects, answer.rejected);
        self.answer.rejects.extend(answer.rejects);
    }

    fn reject(&mut self, rejects: Vec<Reject>) {
        self.count(&rejects, rejects.len() as u64);
        self.answer.rejects.extend(rejects);
    }

    fn count(&mut self, rejects: &[Reject], all: u64) {
        self.answer.rejected += all;
        // An answer shows the first rejects only; the others count with the last one's reason.
        let hidden = all.saturating_sub(rejects.len() as u64);
        let last = rejects.last().map(|reject| (reject.code, hidden));
        for (code, rows) in rejects.iter().map(|reject| (reject.code, 1)).chain(last) {
            match self.by_code.iter_mut().find(|(known, _)| *known == code) {
                Some((_, sum)) => *sum += rows,
                None => self.by_code.push((code, rows)),
            }
        }
    }

    fn into_answer(mut self, ack: ports::Ack) -> AppendAnswer {
        self.answer.rejects.sort_by_key(|reject| reject.row);
        self.answer.rejects.truncate(intake::REJECTS_SHOWN);
        AppendAnswer {
            // A corrected row is an accepted one.
            accepted: self.answer.accepted + self.answer.corrected,
            duplicate: self.answer.duplicate,
            corrected: self.answer.corrected,
            rejected: self.answer.rejected,
            rejects: self.answer.rejects.into_iter().map(RejectedRow::from).collect(),
            ack,
            rejected_by_code: self.by_code,
        }
    }
}

/// The server's word for what taking in says.
pub(super) fn explained(error: intake::IntakeError) -> IntakeError {
    use intake::IntakeError as From;
    let detail = error.to_string();
    match error {
        From::UnknownModel { model, .. } => IntakeError::UnknownModel {
            hint: format!(
                "create it with `watchkeeper apply -f model.yaml` (`watchkeeper init` writes one from a sample), or start \
                 the server with `models.auto_create: true` to have `{model}` made by its first event"
            ),
            model,
        },
        From::Name { .. } | From::Unsettled(_) => IntakeError::Malformed { detail },
        From::Decode(DecodeError::TooLarge { what, limit, .. }) => {
            IntakeError::TooLarge { what: what.to_owned(), limit: limit.to_string() }
        }
        From::Decode(DecodeError::UnsupportedFormat { .. }) => IntakeError::Unsupported { detail },
        From::Decode(_) => IntakeError::Malformed { detail },
        From::Gate(error) => match error {
            GateError::NoKey { .. } | GateError::Key { .. } => IntakeError::KeyMissing { detail },
            GateError::Type { .. } => IntakeError::Malformed { detail },
            _ => IntakeError::Internal { detail },
        },
        From::Overloaded { retry_after_s } => {
            IntakeError::Overloaded { retry_after: Duration::from_secs(retry_after_s) }
        }
        From::NoRoom(reason) => {
            tracing::warn!(reason, "events are refused");
            let detail = "the journal or its disk is full; nothing of this request is stored".to_owned();
            IntakeError::NotNow { detail }
        }
        From::CatchingUp => IntakeError::NotNow { detail },
        From::Unavailable { .. } | From::Stopped => IntakeError::Unavailable { detail },
        From::Internal(_) => IntakeError::Internal { detail },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn each_refusal_of_the_gate_has_its_own_code() {
        let refused = |error: GateError| explained(error.into());
        let column = || "iban".to_owned();
        assert!(matches!(refused(GateError::NoKey { column: column() }), IntakeError::KeyMissing { .. }));
        let wrong = refused(GateError::Type { column: column(), found: "List(Utf8)".into() });
        let IntakeError::Malformed { detail } = wrong else { panic!("{wrong:?}") };
        assert!(detail.contains("`iban` has type List(Utf8); expected a number"), "{detail}");
        let unfit = arrow_schema::ArrowError::InvalidArgumentError("lengths".into());
        assert!(matches!(refused(GateError::Arrow(Arc::new(unfit))), IntakeError::Internal { .. }));
    }
}
