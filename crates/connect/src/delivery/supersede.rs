//! What of a queue needs no telling any more: a pure function.

use watchkeeper_watch::notice::{Action, Notice, Severity};

use super::ports::Entry;
use crate::show::duration;

/// What to do with a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Entries that later ones made needless: the first so many.
    pub superseded: usize,
    /// The notice to send, for the entry behind those; `None` if none is left.
    pub send: Option<Notice>,
}

/// Looks at a queue that was leased.
///
/// An incident that ended before anybody was told of its start wakes nobody: of a page nothing is sent, of a ticket one
/// notice that it was there and is over. "Before anybody was told" means that the start was never tried: an attempt whose
/// outcome is not known may have arrived. A notice that is only sent again is dropped when others follow.
#[must_use]
pub fn plan(entries: &[Entry]) -> Plan {
    let repeated = usize::from(entries.len() > 1 && entries.first().is_some_and(|entry| entry.delivered));
    let rest = entries.get(repeated..).unwrap_or_default();
    let Some(over) = untold_end(rest) else {
        return Plan { superseded: repeated, send: rest.first().map(|entry| entry.notice.clone()) };
    };
    let told = rest.get(..=over).unwrap_or_default();
    let page = told.iter().any(|entry| entry.notice.severity == Severity::Page);
    if page {
        let next = rest.get(over + 1).map(|entry| entry.notice.clone());
        return Plan { superseded: repeated + over + 1, send: next };
    }
    let send = rest.get(over).map(|entry| short(&entry.notice));
    Plan { superseded: repeated + over, send }
}

/// Where the end of the incident is, if the queue begins with a start that was never tried.
fn untold_end(entries: &[Entry]) -> Option<usize> {
    let first = entries.first()?;
    if first.notice.action != Action::Trigger || first.attempts > 1 || first.delivered {
        return None;
    }
    entries.iter().position(|entry| entry.notice.action == Action::Resolve)
}

/// The end as the only thing that is told.
fn short(end: &Notice) -> Notice {
    let mut notice = end.clone();
    let lasted = duration(end.resolved_at.unwrap_or(end.at).saturating_sub(end.started_at));
    notice.summary = format!("Resolved after {lasted}, before it was told. {}", end.summary).trim_end().to_owned();
    notice
}

#[cfg(test)]
mod tests {
    use watchkeeper_watch::notice::{Action, Notice, Severity};

    use super::{Entry, Plan, plan};
    use crate::targets::sample::{notice, resolved};

    fn entry(notice: Notice, attempts: u32) -> Entry {
        Entry { id: notice.sequence.to_string(), notice, attempts, first_at: 0, delivered: false, hops: 0 }
    }

    fn with(severity: Severity, notices: [Notice; 2]) -> Vec<Entry> {
        let mut entries: Vec<Entry> = notices.into_iter().map(|notice| entry(notice, 0)).collect();
        entries.iter_mut().for_each(|entry| entry.notice.severity = severity);
        entries[0].attempts = 1;
        entries
    }

    #[test]
    fn a_page_that_is_over_wakes_nobody() {
        let entries = with(Severity::Page, [notice(), resolved()]);
        assert_eq!(plan(&entries), Plan { superseded: 2, send: None });
        let mut again = entries;
        again.push(entry(Notice { sequence: 3, ..notice() }, 0));
        assert_eq!(plan(&again), Plan { superseded: 2, send: Some(Notice { sequence: 3, ..notice() }) });
    }

    #[test]
    fn a_ticket_that_is_over_is_one_notice_with_its_own_key() {
        let Plan { superseded, send } = plan(&with(Severity::Ticket, [notice(), resolved()]));
        let sent = send.unwrap();
        assert_eq!((superseded, sent.key.as_str(), sent.action), (1, "0022ccdd", Action::Resolve));
        assert!(sent.summary.starts_with("Resolved after 1 h 30 min, before it was told. "), "{}", sent.summary);
    }

    #[test]
    fn what_may_have_arrived_is_told_to_its_end() {
        let mut entries = with(Severity::Page, [notice(), resolved()]);
        entries[0].attempts = 2;
        assert_eq!(plan(&entries), Plan { superseded: 0, send: Some(entries[0].notice.clone()) });
        entries[0].attempts = 1;
        entries[0].notice.action = Action::Update;
        assert_eq!(plan(&entries).superseded, 0);
    }

    #[test]
    fn a_repetition_gives_way() {
        let mut entries = with(Severity::Page, [notice(), resolved()]);
        entries[0].delivered = true;
        let Plan { superseded, send } = plan(&entries);
        assert_eq!((superseded, send.unwrap().action), (1, Action::Resolve));
        assert_eq!(plan(&entries[..1]).superseded, 0);
        assert_eq!(plan(&[]), Plan { superseded: 0, send: None });
    }
}
