//! The steps of an erasure.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use watchkeeper_ingest::names;
use watchkeeper_lake::{Selection, TableId, TableName, Wanted};
use watchkeeper_server::ports::{ErasedTable, Time};

use super::super::maintenance::ROLL_UP_DAYS;
use super::asked::Asked;
use super::{Inner, Job};

/// Events that one erasure by a column may find.
const FOUND_MAX: usize = 100_000;
/// Ids that are noted at once.
const NOTED: usize = 10_000;
/// How long rows of the journal may take to their tables.
const COMMIT_WAIT: Duration = Duration::from_secs(300);

impl Inner {
    /// From the first step to the last. What it says on failure names nobody.
    pub(super) async fn erase(&self, job: &Job, asked: &Asked) -> Result<(), String> {
        let _turn = self.turn.acquire().await.map_err(|error| error.to_string())?;
        let model = job.now().model;
        let table = |name| TableId::of_model(&job.tenant, &model, name);
        let tables = [table(TableName::Predictions), table(TableName::Labels)];
        let mut ids = asked.ids.clone();
        if !asked.rows.is_empty() {
            ids = self.found(job, asked).await?;
        }
        // From here on none of them is taken any more, and none is on its way.
        let all: Vec<String> = ids.iter().cloned().collect();
        for chunk in all.chunks(NOTED) {
            job.begin("commit the journal");
            self.settled(&tables, chunk.to_vec(), COMMIT_WAIT).await?;
        }
        let which = Selection::new([(names::PREDICTION_ID.to_owned(), Wanted::texts(ids))]);
        for id in &tables {
            self.take_out(job, id, &which).await?;
        }
        let rejects = TableId::of_tenant(&job.tenant, TableName::Rejects);
        self.take_out(job, &rejects, &asked.rejects).await?;
        self.subtract(job, &model).await?;
        self.end(job).await
    }

    /// Notes ids as erased, and waits until all that was taken before is in the tables.
    pub(super) async fn settled(&self, tables: &[TableId], ids: Vec<String>, wait: Duration) -> Result<(), String> {
        let tables = tables.iter().map(ToString::to_string).collect();
        match tokio::time::timeout(wait, self.intake.erase(tables, ids)).await {
            Ok(settled) => settled.map_err(|error| error.to_string()),
            Err(_) => Err("the journal could not be committed to the tables in time".to_owned()),
        }
    }

    /// Ids of the rows that are selected by a column.
    async fn found(&self, job: &Job, asked: &Asked) -> Result<BTreeSet<String>, String> {
        job.begin("find the events");
        let mut ids = BTreeSet::new();
        for (table, which) in &asked.rows {
            let found = self.models.lake.ids_of(table, which, FOUND_MAX).await.map_err(|error| error.to_string())?;
            let is_too_many = found.is_none();
            ids.extend(found.unwrap_or_default());
            if is_too_many || ids.len() > FOUND_MAX {
                return Err(format!("more than {FOUND_MAX} events hold one of the values; name fewer values at once"));
            }
        }
        Ok(ids)
    }

    /// Takes rows out of a table.
    async fn take_out(&self, job: &Job, id: &TableId, which: &Selection) -> Result<(), String> {
        let name = id.name.as_str();
        job.begin(&format!("erase from {name}"));
        let told = |done: u64, files: u64| {
            job.told.send_modify(|answer| (answer.files_done, answer.files) = (done, files));
        };
        let erased = self.models.lake.erase(id, which, &told).await.map_err(|error| error.to_string())?;
        let table = ErasedTable {
            table: name.to_owned(),
            rows: erased.rows,
            version: erased.version,
            files: erased.files,
            paths: erased.paths,
        };
        job.told.send_modify(|answer| answer.tables.push(table));
        Ok(())
    }

    /// Counts the hours of the erased events anew, and drops what was counted before.
    async fn subtract(&self, job: &Job, model: &str) -> Result<(), String> {
        job.begin("rebuild profiles");
        let known = self.models.known(&job.tenant, model).await.map_err(|error| error.to_string())?;
        let Some(known) = known else { return Ok(()) };
        let now = super::super::now();
        known.profiles.follow(now).await.map_err(|error| error.to_string())?;
        known.profiles.flush().await.map_err(|error| error.to_string())?;
        known.profiles.roll_up(now, ROLL_UP_DAYS).await.map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Says when the bytes are gone, and records what was done.
    async fn end(&self, job: &Job) -> Result<(), String> {
        job.begin("record");
        job.told.send_modify(|answer| match self.gone_after {
            Some(after) => answer.gone_by = Timestamp::now().checked_add(after).ok().map(Time),
            None => answer.warnings.push(
                "`maintenance.vacuum` is `0s`: files that held the rows stay on the disk until somebody vacuums the tables"
                    .to_owned(),
            ),
        });
        let answer = job.now();
        let rows = |table: &ErasedTable| (table.table.clone(), serde_json::json!([table.rows, table.version]));
        let tables: serde_json::Map<String, serde_json::Value> = answer.tables.iter().map(rows).collect();
        let more = serde_json::json!({ "rows_and_version": tables, "gone_by": answer.gone_by });
        self.record(job, "erased", more).await.map(drop).map_err(|error| error.to_string())
    }
}
