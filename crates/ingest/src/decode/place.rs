//! Which column a name in an event belongs to.
//!
//! A *place* is an object within an event: the event itself, its `features`, an object among the features. A name in a
//! place leads to a column when its value is a scalar, to another place when it is an object.

use std::collections::HashMap;

use super::cell::Role;
use super::{Context, cell::Problem};
use crate::{RejectCode, Stream, names};

/// Bytes of a column's name at most.
const NAME_BYTES: usize = 255;

/// What the members of an object are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Root,
    Features,
    Segments,
    Scores,
    /// Members of an object that is mapped to a column.
    Named,
    /// Nothing but what a mapped path leads to.
    Outside,
}

/// An object within an event.
#[derive(Debug, Clone)]
pub(super) struct Place {
    zone: Zone,
    /// What the names of its columns begin with.
    prefix: String,
    /// Its dotted path from the event, with a dot at the end.
    path: String,
}

impl Place {
    /// The event itself.
    pub(super) const fn root() -> Self {
        Self { zone: Zone::Root, prefix: String::new(), path: String::new() }
    }
}

/// Where a scalar belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leaf {
    Column {
        name: String,
        role: Role,
    },
    /// Not part of the event.
    Ignored,
    Refused {
        name: String,
        problem: Problem,
    },
}

/// Where the members of an object belong.
#[derive(Debug, Clone)]
pub(super) enum Inner {
    Place(Place),
    /// The object is one value: its JSON text.
    Text {
        name: String,
        role: Role,
    },
    Ignored,
    Refused {
        name: String,
        problem: Problem,
    },
}

/// What a mapped path leads to.
#[derive(Debug, Clone)]
enum Mapped {
    Features,
    Column(String, Role),
}

/// Names and paths of one stream of one model.
#[derive(Debug)]
pub(super) struct Places {
    stream: Stream,
    mapped: HashMap<String, Mapped>,
    /// System columns that are mapped: their usual names are names like any other.
    moved: Vec<String>,
    /// Whether only the members of the mapped `features` are features.
    features_mapped: bool,
}

impl Places {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let mapping = &context.shape.mapping;
        let stream = context.stream;
        let mut places = Self { stream, mapped: HashMap::new(), moved: Vec::new(), features_mapped: false };
        for (field, path) in &mapping.fields {
            if field == "features" {
                places.features_mapped = true;
                places.mapped.insert(path.clone(), Mapped::Features);
            } else {
                let (name, role) = system(stream, field).unwrap_or((field.as_str(), Role::Open));
                places.moved.push(name.to_owned());
                places.mapped.insert(path.clone(), Mapped::Column(name.to_owned(), role));
            }
        }
        for (column, path) in &mapping.columns {
            let (name, role) = match system(stream, column) {
                Some((name, role)) if name == column => (name, role),
                _ => (column.as_str(), prefixed(stream, column).unwrap_or(Role::Open)),
            };
            places.mapped.insert(path.clone(), Mapped::Column(name.to_owned(), role));
        }
        for (tag, path) in &mapping.segments {
            let name = format!("{}{tag}", names::SEGMENT_PREFIX);
            places.mapped.insert(path.clone(), Mapped::Column(name, Role::Label));
        }
        places
    }

    /// Where the scalar `key` of `place` belongs.
    pub(super) fn leaf(&self, place: &Place, key: &str) -> Leaf {
        if let Some(mapped) = self.mapped(place, key) {
            return match mapped {
                Mapped::Features => Leaf::Refused { name: key.to_owned(), problem: object_expected() },
                Mapped::Column(name, role) => checked(name.clone(), *role),
            };
        }
        match place.zone {
            Zone::Root => self.root_leaf(key),
            Zone::Features => self.feature(&place.prefix, key),
            Zone::Segments => checked(format!("{}{key}", place.prefix), Role::Label),
            Zone::Scores => checked(format!("{}{key}", place.prefix), Role::Number),
            Zone::Named => checked(format!("{}{key}", place.prefix), Role::Open),
            Zone::Outside => Leaf::Ignored,
        }
    }

    /// Where the members of the object `key` of `place` belong.
    pub(super) fn inner(&self, place: &Place, key: &str) -> Inner {
        let path = format!("{}{key}.", place.path);
        let inner = |zone, prefix: String| Inner::Place(Place { zone, prefix, path: path.clone() });
        if let Some(mapped) = self.mapped(place, key) {
            return match mapped {
                Mapped::Features => inner(Zone::Features, String::new()),
                Mapped::Column(name, Role::Json) => Inner::Text { name: name.clone(), role: Role::Json },
                Mapped::Column(name, role) if *role != Role::Open => scalar_expected(name),
                Mapped::Column(name, _) => inner(Zone::Named, format!("{name}.")),
            };
        }
        match place.zone {
            Zone::Root => {}
            Zone::Outside => return self.outside(path),
            zone => return inner(zone, format!("{}{key}.", place.prefix)),
        }
        let unmoved = |name: &str| !self.moved.iter().any(|moved| moved == name);
        match (self.stream, key) {
            (Stream::Predictions | Stream::Labels, "features") if !self.features_mapped => {
                inner(Zone::Features, String::new())
            }
            (Stream::Predictions | Stream::Labels | Stream::Kpis, "segments") => {
                inner(Zone::Segments, names::SEGMENT_PREFIX.to_owned())
            }
            (Stream::Predictions, "scores" | names::SCORE) if unmoved(names::SCORE) => {
                inner(Zone::Scores, format!("{}.", names::SCORE))
            }
            _ => match system(self.stream, key) {
                Some((name, Role::Json)) => Inner::Text { name: name.to_owned(), role: Role::Json },
                Some((name, _)) if unmoved(name) => scalar_expected(name),
                _ if self.is_closed() && self.mapped.is_empty() => {
                    Inner::Refused { name: key.to_owned(), problem: self.unknown() }
                }
                _ if self.is_closed() || self.features_mapped => self.outside(path),
                _ => inner(Zone::Features, format!("{key}.")),
            },
        }
    }

    /// An object that is no part of the event, unless a mapped path leads through it.
    fn outside(&self, path: String) -> Inner {
        if self.mapped.keys().any(|mapped| mapped.starts_with(&path)) {
            return Inner::Place(Place { zone: Zone::Outside, prefix: String::new(), path });
        }
        Inner::Ignored
    }

    fn mapped(&self, place: &Place, key: &str) -> Option<&Mapped> {
        if self.mapped.is_empty() {
            return None;
        }
        self.mapped.get(&format!("{}{key}", place.path))
    }

    fn root_leaf(&self, key: &str) -> Leaf {
        if let Some((name, role)) = system(self.stream, key)
            && !self.moved.iter().any(|moved| moved == name)
        {
            return checked(name.to_owned(), role);
        }
        if let Some(role) = prefixed(self.stream, key) {
            return checked(key.to_owned(), role);
        }
        let is_place = match key {
            "features" => !self.is_closed() && !self.features_mapped,
            "segments" => self.stream != Stream::Changes,
            "scores" => self.stream == Stream::Predictions,
            _ => false,
        };
        if is_place {
            return Leaf::Refused { name: key.to_owned(), problem: object_expected() };
        }
        if self.features_mapped { Leaf::Ignored } else { self.feature("", key) }
    }

    /// A name among the features, whatever it is: system names are told from it by a prefix.
    fn feature(&self, prefix: &str, key: &str) -> Leaf {
        if self.is_closed() {
            // What a table adds itself is no unknown name: its rows can be sent again.
            let ignored = !self.mapped.is_empty() || matches!(key, names::RECEIVED_AT | names::DATE);
            return if ignored {
                Leaf::Ignored
            } else {
                Leaf::Refused { name: format!("{prefix}{key}"), problem: self.unknown() }
            };
        }
        let name = format!("{prefix}{key}");
        if self.is_reserved(&name) {
            return checked(format!("{}{name}", names::FEATURE_PREFIX), Role::Open);
        }
        checked(name, Role::Open)
    }

    fn is_reserved(&self, name: &str) -> bool {
        let own: &[&str] = match self.stream {
            Stream::Predictions => &names::PREDICTION_COLUMNS,
            _ => &LABEL_COLUMNS,
        };
        own.contains(&name) || name.starts_with(names::FEATURE_PREFIX) || prefixed(self.stream, name).is_some()
    }

    /// Whether the stream has no columns but its own.
    const fn is_closed(&self) -> bool {
        matches!(self.stream, Stream::Kpis | Stream::Changes)
    }

    fn unknown(&self) -> Problem {
        let known = match self.stream {
            Stream::Kpis => "one of id, name, value, ts, model, version, environment, segments",
            _ => "one of id, kind, ts, model, version, environment, summary, detail",
        };
        Problem::new(RejectCode::UnknownValue, known)
    }
}

const LABEL_COLUMNS: [&str; 8] = [
    names::PREDICTION_ID,
    names::LABEL_TS,
    names::TS,
    names::RECEIVED_AT,
    names::LABEL,
    names::VERSION,
    names::ENVIRONMENT,
    names::DATE,
];

/// The system column that a field of an event is, by its usual names.
fn system(stream: Stream, field: &str) -> Option<(&'static str, Role)> {
    use names::{ENVIRONMENT, LABEL, LABEL_TS, LATENCY_MS, PREDICTION, SCORE, TRACE_ID, TS, VERSION};
    Some(match (stream, field) {
        (_, "id") => (stream.id_column(), Role::Id),
        (_, field) if field == stream.id_column() => (stream.id_column(), Role::Id),
        (_, "ts" | "timestamp") => (TS, Role::EventTime),
        (_, "version") => (VERSION, Role::Label),
        (_, "environment") => (ENVIRONMENT, Role::Name),
        (Stream::Predictions, "trace_id") => (TRACE_ID, Role::Label),
        (Stream::Predictions, "latency_ms") => (LATENCY_MS, Role::Number),
        (Stream::Predictions, "prediction") => (PREDICTION, Role::Open),
        (Stream::Predictions, "score") => (SCORE, Role::Number),
        (Stream::Labels, "label" | "value") => (LABEL, Role::Open),
        (Stream::Labels, "label_ts") => (LABEL_TS, Role::EventTime),
        (Stream::Kpis, "name") => ("name", Role::Label),
        (Stream::Kpis, "value") => ("value", Role::FiniteNumber),
        (Stream::Kpis | Stream::Changes, "model") => ("model", Role::Name),
        (Stream::Changes, "kind") => ("kind", Role::ChangeKind),
        (Stream::Changes, "summary") => ("summary", Role::Label),
        (Stream::Changes, "detail") => ("detail", Role::Json),
        _ => return None,
    })
}

/// The role of a column whose name has a system prefix: such names come from rows of a table that are sent again.
fn prefixed(stream: Stream, name: &str) -> Option<Role> {
    if name.starts_with(names::SEGMENT_PREFIX) && stream != Stream::Changes {
        return Some(Role::Label);
    }
    let rest = name.strip_prefix(names::SCORE).filter(|_| stream == Stream::Predictions);
    if rest.is_some_and(|rest| rest.starts_with('.')) {
        return Some(Role::Number);
    }
    let open = matches!(stream, Stream::Predictions | Stream::Labels) && name.starts_with(names::FEATURE_PREFIX);
    open.then_some(Role::Open)
}

fn checked(name: String, role: Role) -> Leaf {
    if name.is_empty() {
        return Leaf::Refused { name, problem: Problem::new(RejectCode::Malformed, "a name that is not empty") };
    }
    if name.len() > NAME_BYTES {
        let problem = Problem::new(RejectCode::TooLarge, format!("a name of at most {NAME_BYTES} bytes"));
        return Leaf::Refused { name: super::text::shortened(&name), problem };
    }
    Leaf::Column { name, role }
}

fn object_expected() -> Problem {
    Problem::new(RejectCode::WrongType, "an object")
}

fn scalar_expected(name: &str) -> Inner {
    Inner::Refused { name: name.to_owned(), problem: Problem::new(RejectCode::WrongType, "a single value, no object") }
}
