//! Privacy actions: options in range, and actions that go with the type and role of their column.

use super::value;
use crate::problem::{Position, Problem, Problems};
use crate::text::{At, ColumnText, GeneraliseText, MaskText, PrivacyOptionsText, PrivacyText};
use crate::words::PrivacyAction;
use crate::{Generalise, Kind, Privacy, Role, show, yaml};

/// Characters that a mask keeps at most.
const MASK_LAST_MAX: u64 = 8;

/// Characters that a generalised text keeps at most.
const PREFIX_MAX: u64 = 64;

/// Resolves the action of the column at `path`. `None` if there is none, or if it was reported.
pub(super) fn resolve(text: &ColumnText, path: &str, problems: &mut Problems) -> Option<Privacy> {
    let path = format!("{path}.privacy");
    let (privacy, position) = match text.privacy.as_ref()? {
        PrivacyText::Word(at) => (word(at, &path, problems)?, at.position),
        PrivacyText::Options(options) => (options_of(options, &path, problems)?, options.position),
    };
    fits_role(text, &privacy, &path, position, problems);
    Some(privacy)
}

fn word(at: &At<PrivacyAction>, path: &str, problems: &mut Problems) -> Option<Privacy> {
    Some(match at.value {
        PrivacyAction::Keep => Privacy::Keep,
        PrivacyAction::Drop => Privacy::Drop,
        PrivacyAction::Hash => Privacy::Hash { domain: None },
        PrivacyAction::Mask => Privacy::Mask { last: 0 },
        PrivacyAction::ProfileOnly => Privacy::ProfileOnly,
        PrivacyAction::Generalise => {
            let problem = Problem::new(path, at.position, format!("`{path}` is `generalise` without options"));
            problems.add(problem.found("generalise").expected("how, such as `{ generalise: { width: 10 } }`"));
            return None;
        }
    })
}

fn options_of(text: &PrivacyOptionsText, path: &str, problems: &mut Problems) -> Option<Privacy> {
    match (&text.hash, &text.mask, &text.generalise) {
        (Some(hash), None, None) => {
            let domain = hash.domain.as_ref();
            if let Some(at) = domain {
                value::not_empty(at, &format!("{path}.hash.domain"), "a name such as `customer`", problems);
            }
            Some(Privacy::Hash { domain: domain.map(|at| at.value.clone()) })
        }
        (None, Some(mask), None) => Some(Privacy::Mask { last: last(mask, path, problems) }),
        (None, None, Some(text)) => generalise(text, &format!("{path}.generalise"), problems).map(Privacy::Generalise),
        _ => {
            let problem = Problem::new(path, text.position, format!("`{path}` does not hold exactly one action"));
            problems.add(problem.expected(show::one_of(&["hash", "mask", "generalise"])));
            None
        }
    }
}

fn last(text: &MaskText, path: &str, problems: &mut Problems) -> u8 {
    let last = value::whole(text.last.as_ref(), &format!("{path}.mask.last"), (0, MASK_LAST_MAX), 0, problems);
    u8::try_from(last).unwrap_or(0)
}

fn generalise(text: &GeneraliseText, path: &str, problems: &mut Problems) -> Option<Generalise> {
    let numbers = text.width.is_some() || text.cap.is_some();
    match (numbers, &text.time, &text.prefix) {
        (true, None, None) => {
            if let Some(At { value, position }) = text.width.as_ref().filter(|width| width.value <= 0.0) {
                let (path, found) = (format!("{path}.width"), yaml::number(*value));
                let problem = Problem::new(path.clone(), *position, format!("`{path}` is `{found}`")).found(found);
                problems.add(problem.expected("a number above 0"));
            }
            let number = |at: &Option<At<f64>>| at.as_ref().map(|at| at.value);
            Some(Generalise::Number { width: number(&text.width), cap: number(&text.cap) })
        }
        (false, Some(step), None) => Some(Generalise::Time { step: step.value }),
        (false, None, Some(_)) => {
            let limits = (1, PREFIX_MAX);
            let prefix = value::whole(text.prefix.as_ref(), &format!("{path}.prefix"), limits, 1, problems);
            Some(Generalise::Text { prefix: u8::try_from(prefix).unwrap_or(1) })
        }
        _ => {
            let problem = Problem::new(path, text.position, format!("`{path}` does not say one way"));
            problems.add(problem.expected("`width` and `cap` for numbers, `time` for times, or `prefix` for texts"));
            None
        }
    }
}

/// Reports an action that would take the identity or the time from an event, or cannot be done with its type.
fn fits_role(text: &ColumnText, privacy: &Privacy, path: &str, position: Option<Position>, problems: &mut Problems) {
    let allowed = match text.role.as_ref().map(|role| role.value) {
        Some(Role::Id) if !matches!(privacy, Privacy::Keep | Privacy::Hash { .. }) => {
            Some(("id", ["keep", "hash"].as_slice()))
        }
        Some(Role::Timestamp) if *privacy != Privacy::Keep => Some(("timestamp", ["keep"].as_slice())),
        _ => None,
    };
    if let Some((role, words)) = allowed {
        let what = format!("`{path}` does not go with role `{role}`");
        problems.add(Problem::new(path, position, what).expected(show::one_of(words)));
        return;
    }
    let Some(kind) = text.kind.as_ref().map(|kind| kind.value) else {
        return;
    };
    let (way, fits) = match privacy {
        Privacy::Generalise(Generalise::Number { .. }) => ("width` or `cap", kind == Kind::Numeric),
        Privacy::Generalise(Generalise::Time { .. }) => ("time", kind == Kind::Timestamp),
        Privacy::Generalise(Generalise::Text { .. }) => ("prefix", matches!(kind, Kind::Categorical | Kind::Text)),
        _ => return,
    };
    if !fits {
        let what = format!("`{way}` in `{path}` does not go with type `{kind}`");
        let expected = match kind {
            Kind::Numeric => "`width` or `cap`",
            Kind::Timestamp => "`time`",
            Kind::Categorical | Kind::Text => "`prefix`",
            Kind::Boolean => "another action: a boolean cannot be coarser",
        };
        problems.add(Problem::new(path, position, what).found(kind.as_str()).expected(expected));
    }
}
