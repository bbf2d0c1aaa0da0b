//! The server's port for erasures: jobs, one at a time, each recorded in the ledger before and after.
//!
//! An erasure that ends early (a crash, a table that does not answer) is asked for again: each of its steps does nothing
//! where it was done before.

mod asked;
mod work;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use watchkeeper_catalog::{CatalogError, Note};
use watchkeeper_ingest::intake::Intake;
use watchkeeper_server::Caller;
use watchkeeper_server::ports::{EraseRequest, ErasedEvents, ErasureAnswer, ErasureState, Erasures, ReadError};

use super::answers::unavailable;
use super::models::Models;
use super::resources::actor;
use crate::config::ServeConfig;
use asked::Asked;

/// How long a request waits for the end of its erasure.
const WAIT: Duration = Duration::from_secs(20);
/// Erasures that are told of, of all tenants.
const KEPT: usize = 256;
/// Of these at work or waiting.
const RUNNING: usize = 16;

/// Erases events.
pub(super) struct Erasing(Arc<Inner>);

struct Inner {
    models: Arc<Models>,
    intake: Intake,
    /// From an erasure to the end of its files; `None` when they are never deleted.
    gone_after: Option<Duration>,
    stopped: watch::Receiver<bool>,
    /// One at a time: each may read all files of a model.
    turn: Semaphore,
    jobs: Mutex<VecDeque<Arc<Job>>>,
}

/// An erasure.
struct Job {
    tenant: String,
    actor: String,
    reason: Option<String>,
    told: watch::Sender<ErasureAnswer>,
}

impl Job {
    fn now(&self) -> ErasureAnswer {
        self.told.borrow().clone()
    }

    fn is_running(&self) -> bool {
        self.told.borrow().state == ErasureState::Running
    }

    fn begin(&self, step: &str) {
        self.told.send_modify(|answer| {
            step.clone_into(&mut answer.step);
            (answer.files_done, answer.files) = (0, 0);
        });
    }
}

impl Erasing {
    pub(super) fn new(
        models: Arc<Models>,
        intake: Intake,
        config: &ServeConfig,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let gone_after = config.maintenance.vacuum.map(|every| every + config.maintenance.keep_removed);
        let (turn, jobs) = (Semaphore::new(1), Mutex::default());
        Self(Arc::new(Inner { models, intake, gone_after, stopped, turn, jobs }))
    }
}

impl Inner {
    fn jobs(&self) -> MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a job for those who ask for it; the oldest one that has ended makes room.
    fn keep(&self, job: &Arc<Job>) -> Result<(), ReadError> {
        let mut jobs = self.jobs();
        if jobs.iter().filter(|job| job.is_running()).count() >= RUNNING {
            return Err(unavailable(&"too many erasures are under way"));
        }
        if jobs.len() >= KEPT
            && let Some(oldest) = jobs.iter().position(|job| !job.is_running())
        {
            jobs.remove(oldest);
        }
        jobs.push_back(job.clone());
        Ok(())
    }

    async fn record(&self, job: &Job, action: &str, more: serde_json::Value) -> Result<i64, CatalogError> {
        let answer = job.now();
        let mut detail = serde_json::json!({
            "erasure": answer.erasure, "named": answer.named, "digest": answer.digest, "reason": job.reason,
        });
        if let (Some(detail), serde_json::Value::Object(more)) = (detail.as_object_mut(), more) {
            detail.extend(more);
        }
        let note = Note {
            tenant: job.tenant.clone(),
            actor: job.actor.clone(),
            action: action.to_owned(),
            kind: "Model".to_owned(),
            name: answer.model,
            detail: detail.to_string(),
        };
        self.models.catalog.record(&note, Timestamp::now()).await
    }

    /// Does a job, unless the service stops.
    async fn run(self: Arc<Self>, job: Arc<Job>, asked: Asked) {
        let mut stopped = self.stopped.clone();
        let outcome = tokio::select! {
            outcome = self.erase(&job, &asked) => outcome,
            _ = stopped.wait_for(|stop| *stop) => Err("the service stops".to_owned()),
        };
        if let Err(problem) = &outcome {
            tracing::error!(problem, tenant = job.tenant, "an erasure failed; it can be asked for again");
        }
        job.told.send_modify(|answer| match outcome {
            Ok(()) => {
                answer.state = ErasureState::Done;
                answer.step.clear();
            }
            Err(problem) => {
                answer.state = ErasureState::Failed;
                answer.problem = Some(problem);
            }
        });
    }
}

#[async_trait]
impl Erasures for Erasing {
    async fn erase(&self, caller: &Caller, request: EraseRequest) -> Result<ErasureAnswer, ReadError> {
        let inner = &self.0;
        let (model, reason) = (request.model.clone(), request.reason.clone());
        let known = inner.models.known(&caller.tenant, &model).await.map_err(|error| unavailable(&error))?;
        if known.is_none() {
            return Err(ReadError::NotFound { what: format!("model `{model}`") });
        }
        if matches!(request.events, ErasedEvents::Column { .. }) {
            // The table gets its columns with the rows that the journal holds.
            inner.settled(&[], Vec::new(), WAIT).await.map_err(|error| unavailable(&error))?;
        }
        let asked = Asked::of(&inner.models, &caller.tenant, request).await?;
        let random = watchkeeper_catalog::keys::entropy().map_err(|error| unavailable(&error))?;
        let answer = ErasureAnswer {
            erasure: random.iter().take(8).map(|byte| format!("{byte:02x}")).collect(),
            model,
            state: ErasureState::Running,
            step: "waiting".to_owned(),
            files_done: 0,
            files: 0,
            named: asked.named,
            digest: inner.models.digest(asked.canonical.as_bytes()),
            tables: Vec::new(),
            gone_by: None,
            warnings: Vec::new(),
            problem: None,
        };
        let (told, mut ended) = watch::channel(answer);
        let job = Arc::new(Job { tenant: caller.tenant.clone(), actor: actor(caller), reason, told });
        inner.keep(&job)?;
        if let Err(error) = inner.record(&job, "erase", serde_json::json!({})).await {
            inner.jobs().retain(|kept| !Arc::ptr_eq(kept, &job));
            return Err(unavailable(&error));
        }
        tokio::spawn(inner.clone().run(job.clone(), asked));
        // Who waits in vain is told that it is at work.
        let _ = tokio::time::timeout(WAIT, ended.wait_for(|answer| answer.state != ErasureState::Running)).await;
        Ok(job.now())
    }

    async fn erasure(&self, caller: &Caller, model: &str, erasure: &str) -> Result<ErasureAnswer, ReadError> {
        let jobs = self.0.jobs();
        let mut own = jobs.iter().filter(|job| job.tenant == caller.tenant).map(|job| job.now());
        let found = own.find(|answer| answer.model == model && answer.erasure == erasure);
        found.ok_or_else(|| ReadError::NotFound { what: format!("erasure `{erasure}`") })
    }
}
