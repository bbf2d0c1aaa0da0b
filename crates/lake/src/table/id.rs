//! Which tables there are, and where they lie below the root.

use std::fmt;

use watchkeeper_spec::event::{Stream, names};

/// The tables of a model and of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableName {
    /// Predictions of a model.
    Predictions,
    /// Labels of a model.
    Labels,
    /// Profiles of a model's predictions, and the grids they lie over.
    Profiles,
    /// KPIs of a tenant.
    Kpis,
    /// Change events of a tenant.
    Changes,
    /// Rows that could not be taken.
    Rejects,
    /// Measurements of a tenant's models.
    Measurements,
}

impl TableName {
    /// The name of the folder.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Predictions => "predictions",
            Self::Labels => "labels",
            Self::Profiles => "profiles",
            Self::Kpis => "kpis",
            Self::Changes => "changes",
            Self::Rejects => "rejects",
            Self::Measurements => "measurements",
        }
    }

    /// The time column whose UTC day is the partition.
    #[must_use]
    pub const fn time_column(self) -> &'static str {
        match self {
            Self::Labels => names::LABEL_TS,
            Self::Profiles => "bucket_start",
            Self::Rejects => names::RECEIVED_AT,
            Self::Measurements => "window_start",
            Self::Predictions | Self::Kpis | Self::Changes => names::TS,
        }
    }

    /// The column that identifies a row, when rows have an identity.
    #[must_use]
    pub const fn id_column(self) -> Option<&'static str> {
        match self {
            Self::Predictions | Self::Labels => Some(names::PREDICTION_ID),
            Self::Kpis => Some(names::KPI_ID),
            Self::Changes => Some(names::CHANGE_ID),
            Self::Profiles | Self::Rejects | Self::Measurements => None,
        }
    }
}

impl From<Stream> for TableName {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Predictions => Self::Predictions,
            Stream::Labels => Self::Labels,
            Stream::Kpis => Self::Kpis,
            Stream::Changes => Self::Changes,
        }
    }
}

/// One table: `{tenant}/models/{model}/{name}` or `{tenant}/{name}` below the root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId {
    /// The tenant.
    pub tenant: String,
    /// The model; `None` for the tables of a tenant.
    pub model: Option<String>,
    /// Which of its tables.
    pub name: TableName,
}

impl TableId {
    /// A table of a model.
    #[must_use]
    pub fn of_model(tenant: &str, model: &str, name: TableName) -> Self {
        Self { tenant: tenant.to_owned(), model: Some(model.to_owned()), name }
    }

    /// A table of a tenant.
    #[must_use]
    pub fn of_tenant(tenant: &str, name: TableName) -> Self {
        Self { tenant: tenant.to_owned(), model: None, name }
    }

    /// The table whose path is `path`, as [`Display`](fmt::Display) writes it.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        const NAMES: [TableName; 7] = [
            TableName::Predictions,
            TableName::Labels,
            TableName::Profiles,
            TableName::Kpis,
            TableName::Changes,
            TableName::Rejects,
            TableName::Measurements,
        ];
        let name = |word: &str| NAMES.into_iter().find(|name| name.as_str() == word);
        match path.split('/').collect::<Vec<_>>().as_slice() {
            [tenant, "models", model, word] => Some(Self::of_model(tenant, model, name(word)?)),
            [tenant, word] => Some(Self::of_tenant(tenant, name(word)?)),
            _ => None,
        }
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.model {
            Some(model) => write!(f, "{}/models/{model}/{}", self.tenant, self.name.as_str()),
            None => write!(f, "{}/{}", self.tenant, self.name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_back() {
        for id in [TableId::of_model("a", "m.1", TableName::Predictions), TableId::of_tenant("t", TableName::Rejects)] {
            assert_eq!(TableId::parse(&id.to_string()), Some(id));
        }
        for path in ["", "a", "a/models/m/other", "a/models/m", "a/b/c/d"] {
            assert_eq!(TableId::parse(path), None, "{path}");
        }
    }
}
