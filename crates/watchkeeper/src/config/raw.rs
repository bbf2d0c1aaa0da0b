//! A setting as it was given: not yet read, with the place it came from.

use std::collections::BTreeMap;
use std::fmt;

/// Where a setting was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: the default.
    Default,
    /// In the configuration file.
    File {
        /// Which file.
        path: String,
        /// Line and column from 1, when they are known.
        position: Option<(u64, u64)>,
    },
    /// In an environment variable of this name.
    Environment(String),
    /// On the command line, by this flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, position: Some((line, column)) } => write!(f, "{path}:{line}:{column}"),
            Self::File { path, position: None } => f.write_str(path),
            Self::Environment(name) => write!(f, "environment variable `{name}`"),
            Self::Flag(name) => write!(f, "flag `{name}`"),
        }
    }
}

/// The text of a setting.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// One value.
    One(String),
    /// Several.
    Many(Vec<String>),
    /// Named ones, each with its own origin.
    Named(BTreeMap<String, (String, Origin)>),
}

/// A setting as it was given.
#[derive(Clone)]
pub(super) struct Raw {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// All settings of one source or of all, by the path of their key.
pub(super) type Layer = BTreeMap<&'static str, Raw>;

/// Something that is wrong with a setting: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where the setting was given.
    pub origin: Origin,
    /// What is wrong and what is expected.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Default => f.write_str(&self.text),
            origin => write!(f, "{origin}: {}", self.text),
        }
    }
}

/// Lays `above` over `below`: its settings win; maps are joined name by name.
pub(super) fn overlay(below: &mut Layer, above: Layer) {
    for (path, raw) in above {
        let Value::Named(names) = raw.value else {
            below.insert(path, raw);
            continue;
        };
        match below.get_mut(path) {
            Some(Raw { value: Value::Named(known), .. }) => known.extend(names),
            _ => {
                below.insert(path, Raw { value: Value::Named(names), origin: raw.origin });
            }
        }
    }
}
