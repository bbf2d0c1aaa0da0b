//! What every handler can reach.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus_client::registry::Registry;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use crate::admission::Admission;
use crate::guard::Guard;
use crate::metrics::HttpMetrics;
use crate::ports::{Clock, Erasures, Intake, Keys, Otlp, Profiles, Readiness, Resources, Traces, Watch};
use crate::problem::Problem;
use crate::settings::Settings;

/// What the server is made of.
#[derive(Clone)]
pub struct Deps {
    /// Events in.
    pub intake: Arc<dyn Intake>,
    /// OpenTelemetry in.
    pub otlp: Arc<dyn Otlp>,
    /// Configuration.
    pub resources: Arc<dyn Resources>,
    /// Profiles out.
    pub profiles: Arc<dyn Profiles>,
    /// Events that are erased.
    pub erasures: Arc<dyn Erasures>,
    /// Measurements, alerts, incidents.
    pub watch: Arc<dyn Watch>,
    /// Kept spans.
    pub traces: Arc<dyn Traces>,
    /// API keys.
    pub keys: Arc<dyn Keys>,
    /// Whether the service can do its work.
    pub readiness: Arc<dyn Readiness>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Metrics of this crate, registered in `registry`.
    pub metrics: HttpMetrics,
    /// Everything that `/metrics` shows.
    pub registry: Arc<Registry>,
    /// Whether keys are asked for.
    pub guard: Guard,
    /// Bounds and time-outs.
    pub settings: Settings,
}

/// [`Deps`] with the state of the running server.
pub(crate) struct Shared {
    pub(crate) deps: Deps,
    pub(crate) admission: Admission,
    stopping: AtomicBool,
}

pub(crate) type App = Arc<Shared>;

impl Shared {
    pub(crate) fn new(deps: Deps) -> App {
        let admission = Admission::new(&deps.settings);
        Arc::new(Self { deps, admission, stopping: AtomicBool::new(false) })
    }

    /// From now on the server says that it is not ready.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// The place of a request among those at work; the last copy to be dropped gives it back.
#[derive(Debug, Clone)]
pub(crate) struct Permit {
    _place: Arc<OwnedSemaphorePermit>,
}

impl Permit {
    pub(crate) fn new(place: OwnedSemaphorePermit) -> Self {
        Self { _place: Arc::new(place) }
    }
}

/// Runs `work` to its end even if the client goes away: an append that has begun is not torn off. Its bytes and its
/// place (`kept`) are given back when it ends, not when the client goes.
pub(crate) async fn to_the_end<T: Send + 'static>(
    kept: impl Send + 'static,
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    let whole = async move {
        let result = work.await;
        drop(kept);
        result
    };
    match tokio::spawn(whole.in_current_span()).await {
        Ok(result) => result,
        // A panic goes on in the request, where the edge answers it; a task that is cancelled belongs to a runtime
        // that ends.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(Problem::internal("the work was cancelled", &error)),
        },
    }
}
