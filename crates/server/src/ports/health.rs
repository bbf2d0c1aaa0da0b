//! Clock and readiness.

use async_trait::async_trait;
use jiff::Timestamp;

/// What the time is.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Whether the service can do its work.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// What is not ready, each as a fragment such as "the journal is being replayed"; empty when all is well. Shown to
    /// anybody: no names of models, no addresses.
    async fn missing(&self) -> Vec<String>;
}
