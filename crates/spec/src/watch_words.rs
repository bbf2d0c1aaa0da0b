//! The small vocabularies of monitors, budgets, alerts and their delivery.

use crate::word::words;

words! {
    /// How loud a finding is. The order is that of the loudness: `info < ticket < page`.
    pub enum Severity named "severity" {
        /// Kept and shown; nobody is told.
        Info = "info",
        /// Somebody looks at it in working hours.
        Ticket = "ticket",
        /// Somebody is woken.
        Page = "page",
    }
    synonyms {
        "critical" => "page", "error" => "page", "sev1" => "page", "p1" => "page",
        "warning" => "ticket", "warn" => "ticket", "sev2" => "ticket",
        "notice" => "info", "log" => "info",
    }
}

words! {
    /// The names of the labels of alerts, which matchers look at.
    pub enum AlertLabel named "alert label" {
        /// The tenant.
        Tenant = "tenant",
        /// The environment of the model.
        Environment = "environment",
        /// The model.
        Model = "model",
        /// The version of the model.
        Version = "version",
        /// The segment, as `name:value`.
        Segment = "segment",
        /// The column.
        Column = "column",
        /// What was measured.
        Measure = "measure",
        /// The name of the monitor or SLO.
        Rule = "rule",
        /// `monitor` or `slo`.
        Kind = "kind",
        /// How loud it is.
        Severity = "severity",
    }
    synonyms {
        "env" => "environment", "feature" => "column", "metric" => "measure", "alertname" => "rule",
        "monitor" => "rule", "slo" => "rule",
    }
}

words! {
    /// How a value is compared with a limit.
    pub enum Comparison named "comparison" {
        /// Above.
        Gt = "gt",
        /// Above or equal.
        Gte = "gte",
        /// Below.
        Lt = "lt",
        /// Below or equal.
        Lte = "lte",
    }
    synonyms { ">" => "gt", ">=" => "gte", "<" => "lt", "<=" => "lte", "ge" => "gte", "le" => "lte", "above" => "gt", "below" => "lt" }
}

impl Comparison {
    /// Whether `value` stands in this relation to `limit`; false if one of them is NaN.
    #[must_use]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Gt => value > limit,
            Self::Gte => value >= limit,
            Self::Lt => value < limit,
            Self::Lte => value <= limit,
        }
    }

    /// Whether greater values make it true.
    #[must_use]
    pub const fn is_upward(self) -> bool {
        matches!(self, Self::Gt | Self::Gte)
    }
}

words! {
    /// Which changes of a series count.
    pub enum Direction named "direction" {
        /// Both.
        Both = "both",
        /// Only greater values.
        Up = "up",
        /// Only smaller values.
        Down = "down",
    }
    synonyms { "any" => "both", "increase" => "up", "decrease" => "down" }
}

words! {
    /// What is compared with a limit.
    pub enum Decide named "decision" {
        /// The bound of the confidence interval: bad only if all of the interval is.
        Ci = "ci",
        /// The value alone.
        Point = "point",
    }
    synonyms { "interval" => "ci", "confidence" => "ci", "value" => "point" }
}

words! {
    /// What a slice that cannot be judged counts as.
    pub enum UnknownSlices named "policy" {
        /// It does not count; coverage shows it.
        Exclude = "exclude",
        /// It is bad.
        Bad = "bad",
        /// It is good.
        Good = "good",
    }
    synonyms { "ignore" => "exclude", "skip" => "exclude", "failure" => "bad", "success" => "good" }
}

words! {
    /// What an SLI is about. It decides what a good event or slice is, when a slice is unknown and how loud alerts are.
    pub enum SliKind named "SLI kind" {
        /// Predictions served without error.
        Availability = "availability",
        /// Predictions served in time.
        Latency = "latency",
        /// Volume inside its seasonal band.
        Throughput = "throughput",
        /// Age of the newest data.
        Freshness = "freshness",
        /// Predictions that have their label in time.
        LabelCoverage = "label_coverage",
        /// Rows that pass their contract.
        DataQuality = "data_quality",
        /// Slices without drift above the effect floor.
        Drift = "drift",
        /// Quality against labels.
        Quality = "quality",
        /// Quality estimated before labels are there.
        EstimatedQuality = "estimated_quality",
        /// A business figure.
        Kpi = "kpi",
        /// Disparity between groups.
        Fairness = "fairness",
        /// The monitoring itself.
        Monitoring = "monitoring",
    }
    synonyms {
        "volume" => "throughput", "performance" => "quality", "business" => "kpi", "coverage" => "label_coverage",
        "dq" => "data_quality", "errors" => "availability", "self" => "monitoring",
    }
}

words! {
    /// How a monitor judges.
    pub enum DetectorType named "detector" {
        /// The effect is above what can be tolerated, and that is no chance.
        Test = "test",
        /// The value is beyond a limit.
        Threshold = "threshold",
        /// The value is outside the seasonal band of its own past.
        Band = "band",
        /// Evidence for a small or slow change adds up.
        Sequential = "sequential",
        /// A detector of other tools, value by value.
        Stream = "stream",
        /// Nothing came.
        Absence = "absence",
        /// Other monitors are in breach.
        Composite = "composite",
    }
    synonyms {
        "fixed" => "threshold", "limit" => "threshold", "seasonal" => "band", "anomaly" => "band", "adaptive" => "band",
        "change_point" => "sequential", "cusum" => "sequential", "e_detector" => "sequential", "adwin" => "stream",
        "page_hinkley" => "stream", "missing" => "absence", "no_data" => "absence", "psi" => "test", "expression" => "composite",
    }
}

words! {
    /// By which part of the week a band is split.
    pub enum Season named "season" {
        /// By hour of the week from 4 weeks of history, else by hour of the day and weekend, else not at all.
        Auto = "auto",
        /// 168 buckets.
        HourOfWeek = "hour_of_week",
        /// 24 buckets for working days and 24 for weekends.
        HourOfDay = "hour_of_day",
        /// One bucket.
        None = "none",
    }
    synonyms { "weekly" => "hour_of_week", "daily" => "hour_of_day", "off" => "none" }
}

words! {
    /// What is done to a series before a band is laid around it.
    pub enum Transform named "transform" {
        /// That of the measure: `count` for volume, `rate` for rates, `log` for latency, else `identity`.
        Auto = "auto",
        /// `2√(x + 3/8)`.
        Count = "count",
        /// The logit of the rate.
        Rate = "rate",
        /// The logarithm.
        Log = "log",
        /// Nothing.
        Identity = "identity",
    }
    synonyms { "anscombe" => "count", "logit" => "rate", "ln" => "log", "none" => "identity" }
}

words! {
    /// Which evidence a sequential detector gathers.
    pub enum SequentialMethod named "sequential method" {
        /// `pit` for distributions, `proportion` for rates, `loss` for quality.
        Auto = "auto",
        /// Location and spread of a column by its probability integral transform (methods C.5).
        Pit = "pit",
        /// A proportion (methods C.6).
        Proportion = "proportion",
        /// A bounded loss (methods C.4).
        Loss = "loss",
    }
    synonyms { "rate" => "proportion", "quality" => "loss", "shape" => "pit" }
}

words! {
    /// How evidence adds up over windows.
    pub enum SequentialStatistic named "sequential statistic" {
        /// Shiryaev-Roberts: the sum over all possible beginnings.
        Sr = "sr",
        /// The greatest over all possible beginnings.
        Cusum = "cusum",
    }
    synonyms { "shiryaev_roberts" => "sr", "sum" => "sr", "max" => "cusum" }
}

words! {
    /// Detectors of other tools, value by value in the order of arrival.
    pub enum StreamAlgorithm named "stream detector" {
        /// Adaptive windowing.
        Adwin = "adwin",
        /// Drift detection method, for errors.
        Ddm = "ddm",
        /// Early drift detection method, for distances between errors.
        Eddm = "eddm",
        /// Hoeffding bounds on averages.
        HddmA = "hddm_a",
        /// Hoeffding bounds on weighted averages.
        HddmW = "hddm_w",
        /// Page-Hinkley.
        PageHinkley = "page_hinkley",
        /// Kolmogorov-Smirnov on sliding windows.
        Kswin = "kswin",
        /// Fast Hoeffding drift detection method.
        Fhddm = "fhddm",
        /// Two-sided cumulative sums of standardised values.
        Cusum = "cusum",
    }
    synonyms { "ph" => "page_hinkley", "hddm" => "hddm_a", "adaptive_windowing" => "adwin" }
}

words! {
    /// What a threshold is compared with.
    pub enum ThresholdOf named "comparison" {
        /// The current value.
        Value = "value",
        /// The current value minus that of the baseline.
        Difference = "difference",
        /// The current value divided by that of the baseline.
        Ratio = "ratio",
    }
    synonyms { "absolute" => "value", "delta" => "difference", "relative" => "ratio" }
}

words! {
    /// How the false alarms of the columns of one window are kept down together.
    pub enum FamilyProcedure named "procedure" {
        /// Benjamini-Hochberg.
        Bh = "bh",
        /// Benjamini-Yekutieli: any dependence.
        By = "by",
        /// The e-value form: any dependence.
        EBh = "e_bh",
        /// Each column on its own.
        None = "none",
    }
    synonyms { "benjamini_hochberg" => "bh", "fdr" => "bh", "ebh" => "e_bh", "benjamini_yekutieli" => "by", "off" => "none" }
}

words! {
    /// How much a column weighs in its family.
    pub enum FamilyWeights named "weights" {
        /// By the importance that the model declares.
        Importance = "importance",
        /// All the same.
        Equal = "equal",
    }
    synonyms { "none" => "equal", "uniform" => "equal" }
}

words! {
    /// How fine the counts are that a burn policy looks at.
    pub enum BurnFamily named "burn family" {
        /// Events, evaluated every 5 minutes at least.
        Stream = "stream",
        /// Slices of an hour.
        Hourly = "hourly",
        /// Slices of a day.
        Daily = "daily",
        /// Weeks or months of predictions whose labels are there.
        Cohort = "cohort",
    }
    synonyms { "event" => "stream", "events" => "stream", "hour" => "hourly", "day" => "daily", "weekly" => "cohort", "monthly" => "cohort" }
}

words! {
    /// What happens when a share of the budget is spent.
    pub enum BudgetDeed named "budget action" {
        /// A note on the SLO.
        Annotate = "annotate",
        /// A ticket.
        Ticket = "ticket",
        /// Nothing is promoted any more; retraining is proposed.
        CloseGate = "close_gate",
    }
    synonyms { "note" => "annotate", "freeze" => "close_gate", "gate" => "close_gate", "block" => "close_gate" }
}

words! {
    /// Where notices go.
    pub enum TargetKind named "target" {
        /// Prometheus Alertmanager, API v2.
        Alertmanager = "alertmanager",
        /// PagerDuty, Events v2.
        Pagerduty = "pagerduty",
        /// Slack, incoming webhook.
        Slack = "slack",
        /// Microsoft Teams, workflow webhook.
        Teams = "teams",
        /// E-mail.
        Email = "email",
        /// Opsgenie, alert API.
        Opsgenie = "opsgenie",
        /// Jira issues, by a template.
        Jira = "jira",
        /// Any other HTTP endpoint, signed as Standard Webhooks.
        Webhook = "webhook",
    }
    synonyms { "smtp" => "email", "mail" => "email", "msteams" => "teams", "http" => "webhook", "prometheus" => "alertmanager" }
}

words! {
    /// What a maintenance window does.
    pub enum MaintenanceEffect named "effect" {
        /// Everything is evaluated, nobody is told.
        Suppress = "suppress",
        /// As `suppress`, and its slices leave the error budgets.
        Exclude = "exclude",
    }
    synonyms { "silence" => "suppress", "mute" => "suppress", "ignore" => "exclude" }
}
