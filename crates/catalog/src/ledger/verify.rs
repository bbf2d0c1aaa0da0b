//! Whether a ledger is what was written, in pages: memory does not grow with its length.

use super::{DOING, LedgerEntry, LedgerHead, LedgerProblem, LedgerReport, PROBLEMS_MAX, entry, entry_hash, head};
use crate::canonical::sha256_hex;
use crate::catalog::Catalog;
use crate::database::{Arg, Row, Session};
use crate::error::{CatalogError, Doing as _};

/// Entries in memory.
const ENTRIES_PAGE: i64 = 500;
/// Bodies in memory: each may be 1 MiB.
const BODIES_PAGE: i64 = 16;

impl Catalog {
    /// Checks the whole ledger of a tenant: every hash, every link, the last entry, and that the revisions of its
    /// resources are what their entries recorded.
    ///
    /// Reads one state of the database; changes made meanwhile are not looked at. A ledger that was cut off together
    /// with the row of its head, and the resources to match, is intact by this check: see [`Catalog::verify_against`].
    ///
    /// # Errors
    /// [`CatalogError::Database`], [`CatalogError::Damaged`] for what cannot be read at all. Tampering is no error.
    pub async fn verify_ledger(&self, tenant: &str) -> Result<LedgerReport, CatalogError> {
        self.verify(tenant, None).await
    }

    /// As [`Catalog::verify_ledger`], and also that `known`, a head kept elsewhere, is part of the chain.
    ///
    /// # Errors
    /// As [`Catalog::verify_ledger`].
    pub async fn verify_against(&self, tenant: &str, known: &LedgerHead) -> Result<LedgerReport, CatalogError> {
        self.verify(tenant, Some(known)).await
    }

    async fn verify(&self, tenant: &str, known: Option<&LedgerHead>) -> Result<LedgerReport, CatalogError> {
        let mut session = self.database.snapshot().await.doing(DOING)?;
        let mut chain = Chain::new(tenant, known);
        while let Some(page) = entries(&mut session, tenant, &chain.last).await? {
            page.iter().for_each(|entry| chain.follow(entry));
        }
        let sql = "SELECT seq, hash FROM ledger_heads WHERE tenant = $1";
        let stored = session.row(sql, &[Arg::Text(tenant)]).await.doing(DOING)?;
        let stored = stored.as_ref().map_or_else(|| Ok(LedgerHead::empty()), head)?;
        let mut report = chain.end(&stored);
        contents(&mut session, tenant, &mut report).await?;
        recorded(&mut session, tenant, &mut report).await?;
        currents(&mut session, tenant, &mut report).await?;
        Ok(report)
    }
}

/// The chain as far as it was read.
struct Chain<'a> {
    report: LedgerReport,
    /// The last entry read. Before the first one, its number is below all others.
    last: LedgerHead,
    known: Option<&'a LedgerHead>,
    /// Whether the known head was met.
    met: bool,
}

impl<'a> Chain<'a> {
    fn new(tenant: &str, known: Option<&'a LedgerHead>) -> Self {
        let head = LedgerHead::empty();
        let report = LedgerReport { tenant: tenant.to_owned(), entries: 0, head, problems: vec![], problems_total: 0 };
        let met = known.is_none_or(|known| *known == LedgerHead::empty());
        Self { report, last: LedgerHead { seq: i64::MIN, hash: String::new() }, known, met }
    }

    fn follow(&mut self, entry: &LedgerEntry) {
        let seq = entry.seq;
        let before = &self.report.head;
        let mut found = Vec::new();
        if seq < 1 || (self.report.entries > 0 && seq == before.seq) {
            found.push(LedgerProblem::Forked { seq });
        } else if seq > before.seq.max(0) + 1 {
            found.push(LedgerProblem::Missing { from: before.seq.max(0) + 1, to: seq - 1 });
        }
        if entry.prev_hash != before.hash {
            found.push(LedgerProblem::Unlinked { seq });
        }
        if entry.hash != entry_hash(entry) {
            found.push(LedgerProblem::Edited { seq });
        }
        self.met |= self.known.is_some_and(|known| known.seq == seq && known.hash == entry.hash);
        self.last = LedgerHead { seq, hash: entry.hash.clone() };
        self.report.head = self.last.clone();
        self.report.entries += 1;
        found.into_iter().for_each(|problem| self.report.add(problem));
    }

    fn end(mut self, stored: &LedgerHead) -> LedgerReport {
        if *stored != self.report.head {
            let found = self.report.head.seq;
            self.report.add(LedgerProblem::Head { found, expected: stored.seq });
        }
        if let Some(known) = self.known.filter(|_| !self.met) {
            self.report.add(LedgerProblem::NotInChain { seq: known.seq, hash: known.hash.clone() });
        }
        self.report
    }
}

impl LedgerReport {
    fn add(&mut self, problem: LedgerProblem) {
        self.problems_total += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    fn add_content(&mut self, row: &Row) -> Result<(), CatalogError> {
        let (kind, name) = (row.get(0).doing(DOING)?, row.get(1).doing(DOING)?);
        let (revision, seq) = (row.get(2).doing(DOING)?, row.get(3).doing(DOING)?);
        self.add(LedgerProblem::Content { seq, kind, name, revision });
        Ok(())
    }
}

/// The next entries after the last one read, in the order of number and hash: of a number that is there twice, where
/// someone removed the constraint, both are read.
async fn entries(
    session: &mut Session,
    tenant: &str,
    last: &LedgerHead,
) -> Result<Option<Vec<LedgerEntry>>, CatalogError> {
    let sql = "SELECT seq, at, actor, action, kind, name, revision, digest, detail, prev_hash, hash FROM ledger \
               WHERE tenant = $1 AND (seq > $2 OR (seq = $2 AND hash > $3)) ORDER BY seq, hash LIMIT $4";
    let args = [Arg::Text(tenant), Arg::Int(last.seq), Arg::Text(&last.hash), Arg::Int(ENTRIES_PAGE)];
    let rows = session.rows(sql, &args).await.doing(DOING)?;
    let page = rows.iter().map(|row| entry(row, tenant)).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(page).filter(|page| !page.is_empty()))
}

/// Revisions whose body does not have their digest.
async fn contents(session: &mut Session, tenant: &str, report: &mut LedgerReport) -> Result<(), CatalogError> {
    let sql = "SELECT kind, name, revision, seq, digest, body FROM revisions WHERE tenant = $1 \
               AND (kind > $2 OR (kind = $2 AND (name > $3 OR (name = $3 AND revision > $4)))) \
               ORDER BY kind, name, revision LIMIT $5";
    let (mut kind, mut name, mut revision) = (String::new(), String::new(), i64::MIN);
    loop {
        let args = [Arg::Text(tenant), Arg::Text(&kind), Arg::Text(&name), Arg::Int(revision), Arg::Int(BODIES_PAGE)];
        let rows = session.rows(sql, &args).await.doing(DOING)?;
        let Some(last) = rows.last() else { return Ok(()) };
        for row in &rows {
            let body: Option<String> = row.get(5).doing(DOING)?;
            let digest = body.map(|body| sha256_hex(body.as_bytes())).unwrap_or_default();
            if digest != row.get::<String>(4).doing(DOING)? {
                report.add_content(row)?;
            }
        }
        (kind, name, revision) = (last.get(0).doing(DOING)?, last.get(1).doing(DOING)?, last.get(2).doing(DOING)?);
    }
}

/// Revisions that no entry recorded, and entries whose revision is gone.
async fn recorded(session: &mut Session, tenant: &str, report: &mut LedgerReport) -> Result<(), CatalogError> {
    let unrecorded = "SELECT r.kind, r.name, r.revision, r.seq FROM revisions r \
                      LEFT JOIN ledger l ON l.tenant = r.tenant AND l.seq = r.seq AND l.kind = r.kind \
                      AND l.name = r.name AND l.revision = r.revision AND l.digest = r.digest \
                      WHERE r.tenant = $1 AND l.seq IS NULL ORDER BY r.seq LIMIT $2";
    let gone = "SELECT l.kind, l.name, l.revision, l.seq FROM ledger l \
                LEFT JOIN revisions r ON r.tenant = l.tenant AND r.kind = l.kind AND r.name = l.name \
                AND r.revision = l.revision AND r.seq = l.seq \
                WHERE l.tenant = $1 AND l.revision > 0 AND r.seq IS NULL ORDER BY l.seq LIMIT $2";
    for sql in [unrecorded, gone] {
        for row in session.rows(sql, &[Arg::Text(tenant), Arg::Int(ENTRIES_PAGE)]).await.doing(DOING)? {
            report.add_content(&row)?;
        }
    }
    Ok(())
}

/// Resources whose current revision is not their last: INVARIANT CATALOG-2.
async fn currents(session: &mut Session, tenant: &str, report: &mut LedgerReport) -> Result<(), CatalogError> {
    let sql = "SELECT s.kind, s.name, s.revision, t.last FROM resources s LEFT JOIN \
               (SELECT kind, name, MAX(revision) AS last FROM revisions WHERE tenant = $1 GROUP BY kind, name) t \
               ON t.kind = s.kind AND t.name = s.name \
               WHERE s.tenant = $1 AND (t.last IS NULL OR t.last <> s.revision) ORDER BY s.kind, s.name LIMIT $2";
    for row in session.rows(sql, &[Arg::Text(tenant), Arg::Int(ENTRIES_PAGE)]).await.doing(DOING)? {
        let (kind, name) = (row.get(0).doing(DOING)?, row.get(1).doing(DOING)?);
        let expected: Option<i64> = row.get(3).doing(DOING)?;
        let (found, expected) = (row.get(2).doing(DOING)?, expected.unwrap_or_default());
        report.add(LedgerProblem::Current { kind, name, found, expected });
    }
    Ok(())
}
