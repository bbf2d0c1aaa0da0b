//! Until when the events of a model are there: what closes windows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use watchkeeper_lake::{Lake, LakeError, TableId, TableName};

use crate::serve::models::Known;

/// A model from which nothing came for so long is quiet: its windows are closed by the clock, not by its events.
const QUIET_AFTER: Duration = Duration::from_secs(20);

/// Profiles that are behind for longer than this are asked to follow.
const FOLLOWED_BY_ITSELF: Duration = Duration::from_secs(5);

/// What is known of a model's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// Earliest and latest event, µs since 1970.
    pub(super) first_and_last: Option<(i64, i64)>,
    /// Events until then are there: the newest one while events come, else now.
    pub(super) until: i64,
    /// When the first of them were committed, µs since 1970; `None` when that is not known any more.
    pub(super) began: Option<i64>,
}

/// What was seen of a model.
#[derive(Debug, Clone, Copy)]
struct Seen {
    rows: u64,
    /// When rows were last seen to come.
    came: Option<Instant>,
    /// Since when profiles are behind the table.
    behind: Option<Instant>,
    /// When the first rows were committed, once that was looked up.
    began: Option<Option<i64>>,
}

/// When rows of each model were last seen to come.
#[derive(Debug, Default)]
pub(super) struct Clocks(BTreeMap<String, Seen>);

impl Clocks {
    /// Looks at a model's events; `None` while some of them are not profiled yet, or its grids are not frozen.
    pub(super) async fn look(
        &mut self,
        lake: &Lake,
        (tenant, model): (&str, &str),
        known: &Arc<Known>,
        now: i64,
    ) -> Result<Option<Extent>, LakeError> {
        let events = TableId::of_model(tenant, model, TableName::Predictions);
        let Some(size) = lake.size(&events).await? else { return Ok(None) };
        let (_, frozen) = known.profiles.grids().await?;
        // After a start senders come back first: until then nobody knows that they are quiet.
        let new = Seen { rows: size.rows, came: Some(Instant::now()), behind: None, began: None };
        let seen = self.0.entry(model.to_owned()).or_insert(new);
        if seen.rows != size.rows {
            (seen.rows, seen.came) = (size.rows, Some(Instant::now()));
        }
        let active = seen.came.is_some_and(|at| at.elapsed() < QUIET_AFTER);
        if !frozen {
            return Ok(None);
        }
        if known.profiles.followed().await? == Some(size.version) {
            seen.behind = None;
        } else {
            if seen.behind.get_or_insert_with(Instant::now).elapsed() < FOLLOWED_BY_ITSELF {
                return Ok(None);
            }
            // Upkeep makes versions without new rows, of which nobody tells the profiler.
            known.profiles.follow(now).await?;
            seen.behind = None;
        }
        let first_and_last = lake.times(&events).await?;
        let until = match first_and_last {
            Some((_, last)) if active => last.min(now),
            _ => now,
        };
        if seen.began.is_none() {
            seen.began = Some(lake.committed_at(&events, 0).await.ok().flatten());
        }
        Ok(Some(Extent { first_and_last, until, began: seen.began.flatten() }))
    }
}
