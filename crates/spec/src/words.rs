//! The small vocabularies: task, role, type, settings, privacy actions, rights.

use crate::word::words;

words! {
    /// What the model predicts.
    pub enum Task named "task" {
        /// One of two classes.
        BinaryClassification = "binary_classification",
        /// One of three or more classes.
        MulticlassClassification = "multiclass_classification",
        /// A number.
        Regression = "regression",
        /// An order of items for a query.
        Ranking = "ranking",
        /// Future values of a series.
        Forecasting = "forecasting",
        /// Anything else: inputs and outputs are watched, quality against labels is not.
        Other = "other",
    }
    synonyms {
        "binary" => "binary_classification",
        "multiclass" => "multiclass_classification",
        "classification" => "binary_classification",
        "forecast" => "forecasting",
        "rank" => "ranking",
    }
}

words! {
    /// What a column means for the model.
    pub enum Role named "role" {
        /// An input of the model.
        Feature = "feature",
        /// The output that is used: a class or a number.
        Prediction = "prediction",
        /// A raw output behind the prediction: a probability or a margin.
        Score = "score",
        /// The true outcome; it may arrive late.
        Label = "label",
        /// Not an input of the model; splits rows into groups that are judged on their own.
        Segment = "segment",
        /// Identifies one event; joins predictions with labels. At most one column.
        Id = "id",
        /// Event time. At most one column.
        Timestamp = "timestamp",
        /// How long the prediction took.
        Latency = "latency",
        /// How much one feature contributed to the prediction.
        Attribution = "attribution",
        /// A vector of numbers.
        Embedding = "embedding",
        /// Not watched.
        Ignore = "ignore",
    }
    synonyms {
        "target" => "label",
        "ground_truth" => "label",
        "input" => "feature",
        "output" => "prediction",
        "probability" => "score",
        "time" => "timestamp",
        "key" => "id",
        "group" => "segment",
        "shap" => "attribution",
        "vector" => "embedding",
        "none" => "ignore",
        "skip" => "ignore",
    }
}

words! {
    /// How the values of a column are read and compared.
    pub enum Kind named "type" {
        /// Numbers; order and distance count.
        Numeric = "numeric",
        /// True or false.
        Boolean = "boolean",
        /// A limited set of values without order.
        Categorical = "categorical",
        /// Free text; only lengths and rates are compared.
        Text = "text",
        /// Points in time.
        Timestamp = "timestamp",
    }
    synonyms {
        "int" => "numeric",
        "integer" => "numeric",
        "float" => "numeric",
        "double" => "numeric",
        "number" => "numeric",
        "bool" => "boolean",
        "string" => "categorical",
        "str" => "categorical",
        "category" => "categorical",
        "enum" => "categorical",
        "date" => "timestamp",
        "datetime" => "timestamp",
        "time" => "timestamp",
    }
}

words! {
    /// What happens with columns of the data that the model does not list.
    pub enum Undeclared named "policy" {
        /// They are watched; role and type are inferred from the data.
        Infer = "infer",
        /// They are left out.
        Ignore = "ignore",
    }
    synonyms { "watch" => "infer", "skip" => "ignore" }
}

words! {
    /// The least severity at which a check fails.
    pub enum FailOn named "severity" {
        /// Any warning fails the check.
        Warning = "warning",
        /// Only a critical finding fails the check.
        Critical = "critical",
        /// The check reports and never fails.
        Never = "never",
    }
    synonyms { "none" => "never", "error" => "critical", "warn" => "warning" }
}

words! {
    /// What happens with the values of a column before anything is stored.
    pub enum PrivacyAction named "privacy action" {
        /// Stored as they are.
        Keep = "keep",
        /// Not stored at all.
        Drop = "drop",
        /// Replaced by a keyed hash.
        Hash = "hash",
        /// Replaced by `***` and the last characters.
        Mask = "mask",
        /// Made coarser.
        Generalise = "generalise",
        /// Only what a distribution needs is stored.
        ProfileOnly = "profile_only",
    }
    synonyms {
        "none" => "keep",
        "allow" => "keep",
        "remove" => "drop",
        "ignore" => "drop",
        "delete" => "drop",
        "pseudonymise" => "hash",
        "pseudonymize" => "hash",
        "hmac" => "hash",
        "tokenise" => "hash",
        "tokenize" => "hash",
        "redact" => "mask",
        "bin" => "generalise",
        "generalize" => "generalise",
        "sketch_only" => "profile_only",
    }
}

words! {
    /// To what a time is cut.
    pub enum TimeStep named "time step" {
        /// The start of the hour.
        Hour = "hour",
        /// Midnight UTC.
        Day = "day",
        /// The first day of the month.
        Month = "month",
        /// The first of January.
        Year = "year",
    }
    synonyms { "hours" => "hour", "days" => "day", "date" => "day", "months" => "month", "years" => "year" }
}

words! {
    /// What an API key may do.
    pub enum Right named "right" {
        /// Send events.
        Ingest = "ingest",
        /// Read profiles, events and resources.
        Read = "read",
        /// Change resources and keys.
        Admin = "admin",
    }
    synonyms { "write" => "ingest", "send" => "ingest", "get" => "read", "viewer" => "read", "owner" => "admin" }
}

words! {
    /// What a document describes.
    pub enum ResourceKind named "kind" {
        /// A model and how it is watched.
        Model = "Model",
        /// Which data is the reference of a model.
        Baseline = "Baseline",
        /// A group of people whose data nobody else sees.
        Tenant = "Tenant",
        /// Where models run.
        Environment = "Environment",
        /// What a program may do.
        ApiKey = "ApiKey",
        /// A rule over measurements of a model.
        Monitor = "Monitor",
        /// How fast an error budget may be spent.
        BurnPolicy = "BurnPolicy",
        /// Where notices go.
        NotificationTarget = "NotificationTarget",
        /// Which incidents go to which targets.
        Route = "Route",
        /// Which alerts speak for others.
        InhibitRule = "InhibitRule",
        /// When something is worked on.
        MaintenanceWindow = "MaintenanceWindow",
        /// What is not told for a while.
        Silence = "Silence",
        /// What SLOs are of (OpenSLO).
        Service = "Service",
        /// Where metrics of other systems are (OpenSLO).
        DataSource = "DataSource",
        /// A target for an SLI over a time (OpenSLO).
        Slo = "SLO",
        /// What is measured (OpenSLO).
        Sli = "SLI",
        /// When an SLO alerts, and whom (OpenSLO).
        AlertPolicy = "AlertPolicy",
        /// A burn rate above which an SLO alerts (OpenSLO).
        AlertCondition = "AlertCondition",
        /// Whom an SLO alerts (OpenSLO).
        AlertNotificationTarget = "AlertNotificationTarget",
    }
    synonyms {
        "reference" => "Baseline", "key" => "ApiKey", "token" => "ApiKey", "project" => "Tenant",
        "stage" => "Environment", "rule" => "Monitor", "check" => "Monitor", "receiver" => "NotificationTarget",
        "contact" => "NotificationTarget", "inhibition" => "InhibitRule", "downtime" => "MaintenanceWindow",
        "mute" => "Silence", "objective" => "SLO", "indicator" => "SLI",
    }
}

impl ResourceKind {
    /// The `apiVersion` of its documents: [`crate::API_VERSION`] or [`crate::OPENSLO_VERSION`].
    #[must_use]
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Service
            | Self::DataSource
            | Self::Slo
            | Self::Sli
            | Self::AlertPolicy
            | Self::AlertCondition
            | Self::AlertNotificationTarget => crate::OPENSLO_VERSION,
            _ => crate::API_VERSION,
        }
    }
}
