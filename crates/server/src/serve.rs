//! Listening, and stopping without losing what was begun.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::serve::Listener;
use futures::future::join_all;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use crate::app::{Deps, Shared};
use crate::connection::{Ends, GuardedListener};
use crate::peer::Peer;
use crate::router;

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every request was answered.
    Whole,
    /// The time for it ran out; the rest was cut. What was acknowledged is durable all the same.
    Cut,
}

/// Serves HTTP/1.1 and HTTP/2 without TLS on every listener until `shutdown`.
///
/// Then: `/readyz` says no, nothing is accepted any more, requests at work are answered within
/// [`Settings::drain_timeout`](crate::Settings::drain_timeout), the rest is cut.
///
/// # Errors
/// If a listener fails for good.
pub async fn run<L>(listeners: Vec<L>, shutdown: impl Future<Output = ()> + Send, deps: Deps) -> io::Result<Drained>
where
    L: Listener,
    L::Addr: Debug,
{
    let app = Shared::new(deps);
    let settings = &app.deps.settings;
    let places = Arc::new(Semaphore::new(settings.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let (stop, stopped) = watch::channel(false);
    let (cut, is_cut) = watch::channel(false);
    let servers = listeners.into_iter().map(|listener| {
        let service = router::with(&app).into_make_service_with_connect_info::<Peer>();
        let ends = Ends { stopped: stopped.clone(), cut: is_cut.clone() };
        let listener = GuardedListener::new(listener, Arc::clone(&places), settings, ends);
        let mut stopped = stopped.clone();
        let signal = async move {
            // A sender that is gone means that `run` itself is gone: stop as well.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        tokio::spawn(axum::serve(listener, service).with_graceful_shutdown(signal).into_future())
    });
    let mut servers = join_all(servers.collect::<Vec<_>>());
    tokio::select! {
        () = shutdown => {}
        ended = &mut servers => return all_well(ended).map(|()| Drained::Whole),
    }
    tracing::info!(seconds = settings.drain_timeout.as_secs_f64(), "stopping");
    app.stop();
    stop.send_replace(true);
    let drained = timeout(settings.drain_timeout, async {
        let ended = (&mut servers).await;
        // Work whose client has gone is not seen by the servers.
        app.admission.drained().await;
        all_well(ended)
    })
    .await;
    match drained {
        Ok(result) => result.map(|()| Drained::Whole),
        Err(_) => {
            cut.send_replace(true);
            tracing::warn!("requests did not end in time and were cut");
            Ok(Drained::Cut)
        }
    }
}

fn all_well(ended: Vec<Result<io::Result<()>, tokio::task::JoinError>>) -> io::Result<()> {
    ended.into_iter().try_for_each(|server| server.map_err(io::Error::other)?)
}
