//! Delivery that goes on until it is told to end.

use std::future::Future;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::Notify;

use super::ports::{Clock, Outbox, Sender, Targets};
use super::worker::{Options, Round, Work};

/// Delivers until `shutdown` is done, then waits for the attempts under way.
///
/// An attempt that ends makes room for the next at once, so a slow target holds up no other. `wake` is told when notices
/// were added; without it they are found at the next look. `observe` is told of each attempt, as a round of one queue.
/// Faults of the outbox are logged and tried again at the next look: what they hit comes back when its lease ends.
#[expect(clippy::too_many_arguments, reason = "the ports are apart so that each can be another's")]
pub async fn run(
    outbox: &dyn Outbox,
    targets: &dyn Targets,
    sender: &dyn Sender,
    clock: &dyn Clock,
    options: &Options,
    wake: &Notify,
    shutdown: impl Future<Output = ()>,
    observe: &(dyn Fn(&Round) + Send + Sync),
) {
    let work = Work { outbox, targets, sender, clock, policy: options.policy };
    let concurrency = options.concurrency.max(1);
    let mut under_way = FuturesUnordered::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let free = concurrency.saturating_sub(under_way.len());
        if free > 0 {
            match outbox.lease(options.wanted(clock.now(), free)).await {
                Ok(queues) => queues.into_iter().for_each(|queue| under_way.push(work.deliver(queue))),
                Err(error) => tracing::warn!(%error, "failed to lease notices"),
            }
        }
        tokio::select! {
            // An end that is asked for comes before more work.
            biased;
            () = &mut shutdown => break,
            Some((settlement, recorded)) = under_way.next() => report(&settlement, recorded, observe),
            () = wake.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(options.poll_ms.max(1))) => {}
        }
    }
    while let Some((settlement, recorded)) = under_way.next().await {
        report(&settlement, recorded, observe);
    }
}

fn report(
    settlement: &super::Settlement,
    recorded: Result<bool, super::PortError>,
    observe: &(dyn Fn(&Round) + Send + Sync),
) {
    let mut round = Round { queues: 1, ..Round::default() };
    match recorded {
        Ok(true) => round.count(settlement),
        Ok(false) => round.lost = 1,
        Err(error) => {
            round.lost = 1;
            tracing::warn!(%error, target_name = settlement.queue.target, "failed to record a delivery");
        }
    }
    observe(&round);
}
