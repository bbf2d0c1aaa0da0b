//! What is compared with what: the columns of both sides, their kinds, roles and rules.

use watchkeeper_profile::{Kind, grid::Support};
use watchkeeper_spec::{Column, Metric, Model, Role, Undeclared};
use watchkeeper_watch::{ColumnRule, default_metrics};

use super::{CheckError, CheckOptions};
use crate::infer::{Inferred, infer_columns, type_name};
use crate::table::{Table, TableColumn};

/// Everything that is decided before a row is counted.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) columns: Vec<ColumnPlan>,
    pub(super) schema_changes: Vec<SchemaChange>,
    pub(super) settings: Settings,
    /// Positions in `columns` of the id and the time.
    pub(super) id: Option<usize>,
    pub(super) time: Option<usize>,
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) alpha: f64,
    pub(super) fdr_q: f64,
    pub(super) exact_rows: u64,
    pub(super) threads: usize,
}

/// A column that both sides have.
#[derive(Debug)]
pub(super) struct ColumnPlan {
    pub(super) name: String,
    pub(super) type_name: String,
    pub(super) rule: ColumnRule,
    pub(super) metrics: Vec<Metric>,
    /// Positions in the two tables.
    pub(super) reference: usize,
    pub(super) current: usize,
    pub(super) limits: Option<Support>,
    pub(super) missing_as_bin: bool,
    pub(super) empty_is_null: bool,
    /// Compared at all: ids, times and nested values are only looked at for missing values.
    pub(super) judged: bool,
    pub(super) note: Option<String>,
}

/// A column that one side lacks, or whose type changed.
#[derive(Debug, Clone)]
pub(super) struct SchemaChange {
    pub(super) column: String,
    pub(super) reference_type: Option<String>,
    pub(super) current_type: Option<String>,
    pub(super) role: Role,
}

impl Plan {
    pub(super) fn new(reference: &Table, current: &Table, options: &CheckOptions) -> Result<Self, CheckError> {
        let inferred = infer_columns(reference)?;
        let model = options.model.as_ref();
        let mut notes = Vec::new();
        check_names(reference, current, options, &mut notes)?;
        let settings = settings(options, reference);
        let mut plan = Self { columns: Vec::new(), schema_changes: Vec::new(), settings, id: None, time: None, notes };
        for (index, (column, inferred)) in reference.columns.iter().zip(&inferred).enumerate() {
            if wanted(&column.name, options, model) {
                plan.add(index, column, inferred, current, options);
            }
        }
        for column in &current.columns {
            if reference.index_of(&column.name).is_none() && wanted(&column.name, options, model) {
                let current_type = Some(type_name(&column.data_type));
                plan.schema_changes.push(SchemaChange {
                    column: column.name.clone(),
                    reference_type: None,
                    current_type,
                    role: Role::Feature,
                });
            }
        }
        if plan.columns.is_empty() {
            return Err(nothing_in_common(reference, current));
        }
        Ok(plan)
    }

    fn add(
        &mut self,
        index: usize,
        column: &TableColumn,
        inferred: &Inferred,
        current: &Table,
        options: &CheckOptions,
    ) {
        let declared = options.model.as_ref().and_then(|model| model.column(&column.name));
        let role = declared.map_or(inferred.role, |column| column.role);
        let reference_type = type_name(&column.data_type);
        let Some((at, other)) = current.index_of(&column.name).and_then(|at| current.columns.get(at).map(|c| (at, c)))
        else {
            self.schema_changes.push(SchemaChange {
                column: column.name.clone(),
                reference_type: Some(reference_type),
                current_type: None,
                role,
            });
            return;
        };
        let current_type = type_name(&other.data_type);
        if retyped(column, other) {
            self.schema_changes.push(SchemaChange {
                column: column.name.clone(),
                reference_type: Some(reference_type.clone()),
                current_type: Some(current_type),
                role,
            });
        }
        let nested = column.is_nested() || other.is_nested();
        let kind = if nested { Kind::Presence } else { kind_of(declared, inferred, role) };
        let judged = !nested && !matches!(role, Role::Id | Role::Timestamp | Role::Ignore | Role::Embedding);
        match role {
            Role::Id if self.id.is_none() => self.id = Some(self.columns.len()),
            Role::Timestamp if self.time.is_none() => self.time = Some(self.columns.len()),
            _ => {}
        }
        let rule = rule(declared, kind, role, options, &self.settings);
        let metrics = if judged { metrics(kind, options, &rule) } else { default_metrics(Kind::Presence).to_vec() };
        let limits = declared
            .filter(|c| c.min.is_some() || c.max.is_some())
            .map(|c| Support { lo: c.min.unwrap_or(f64::NEG_INFINITY), hi: c.max.unwrap_or(f64::INFINITY) });
        self.columns.push(ColumnPlan {
            name: column.name.clone(),
            type_name: reference_type,
            rule,
            metrics,
            reference: index,
            current: at,
            limits,
            missing_as_bin: declared.is_some_and(|c| c.missing_as_bin),
            empty_is_null: declared.is_some_and(|c| c.empty_is_null),
            judged,
            note: (!judged)
                .then(|| if nested { "nested values are not compared".into() } else { inferred.reason.clone() }),
        });
    }
}

fn settings(options: &CheckOptions, reference: &Table) -> Settings {
    let check = options.model.as_ref().map(|model| model.check.clone()).unwrap_or_default();
    let mut exact_rows = options.exact_rows.unwrap_or(check.exact_rows);
    if !reference.is_columnar() || reference.columns.len() > super::scan::WIDE {
        // All columns of a row come together: keep the values of all of them within 512 MB a side.
        exact_rows = exact_rows.min((64 << 20) / reference.columns.len().max(1) as u64);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Settings {
        alpha: options.alpha.unwrap_or(check.alpha),
        fdr_q: check.fdr_q,
        exact_rows,
        threads: options.threads.unwrap_or(cores).max(1),
    }
}

fn check_names(
    reference: &Table,
    current: &Table,
    options: &CheckOptions,
    notes: &mut Vec<String>,
) -> Result<(), CheckError> {
    let names: Vec<&str> = reference.columns.iter().chain(&current.columns).map(|c| c.name.as_str()).collect();
    for asked in options.columns.iter().chain(&options.exclude).chain(&options.segment) {
        if !names.contains(&asked.as_str()) {
            let near = closest(asked, &names).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(CheckError::Usage(format!("there is no column `{asked}` in the data{near}")));
        }
    }
    if let Some(model) = &options.model {
        notes.extend(model.lint_against(&names).into_iter().map(|problem| problem.to_string()));
    }
    Ok(())
}

/// The name most like `asked`, if one is like it at all.
pub(super) fn closest<'a>(asked: &str, names: &[&'a str]) -> Option<&'a str> {
    let score = |name: &str| strsim::jaro_winkler(&asked.to_lowercase(), &name.to_lowercase());
    names
        .iter()
        .copied()
        .map(|name| (score(name), name))
        .filter(|(s, _)| *s > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, n)| n)
}

fn wanted(name: &str, options: &CheckOptions, model: Option<&Model>) -> bool {
    let listed = options.columns.is_empty() || options.columns.iter().any(|c| c == name);
    let declared = model.is_none_or(|model| match model.column(name) {
        Some(column) => column.role != Role::Ignore,
        None => model.undeclared == Undeclared::Infer,
    });
    listed && declared && !options.exclude.iter().any(|c| c == name)
}

fn retyped(a: &TableColumn, b: &TableColumn) -> bool {
    let class = |column: &TableColumn| {
        let name = type_name(&column.data_type);
        // A wider number of the same kind is no change of type.
        if column.data_type.is_numeric() {
            "number".to_owned()
        } else if name.starts_with("timestamp") {
            "timestamp".to_owned()
        } else {
            name
        }
    };
    class(a) != class(b)
}

fn kind_of(declared: Option<&Column>, inferred: &Inferred, role: Role) -> Kind {
    use watchkeeper_spec::Kind as Spec;
    if matches!(role, Role::Id | Role::Timestamp | Role::Ignore | Role::Embedding) {
        return Kind::Presence;
    }
    match declared.and_then(|column| column.kind) {
        Some(Spec::Numeric) => Kind::Numeric,
        // A time that is declared a feature is compared as a number.
        Some(Spec::Timestamp) => Kind::Numeric,
        Some(Spec::Boolean) => Kind::Boolean,
        Some(Spec::Categorical) => Kind::Categorical,
        Some(Spec::Text) => Kind::Text,
        None if inferred.kind == Kind::Presence && inferred.role == Role::Timestamp => Kind::Numeric,
        None if inferred.kind == Kind::Presence && inferred.role == Role::Id => Kind::Text,
        None => inferred.kind,
    }
}

fn rule(declared: Option<&Column>, kind: Kind, role: Role, options: &CheckOptions, settings: &Settings) -> ColumnRule {
    let mut thresholds = options.model.as_ref().map(|model| model.check.thresholds.clone()).unwrap_or_default();
    thresholds.extend(declared.map(|column| column.thresholds.clone()).unwrap_or_default());
    thresholds.extend(options.thresholds.clone());
    let importance = declared.map_or(1.0, |column| column.importance);
    ColumnRule { kind, role, importance, alpha: settings.alpha, thresholds }
}

/// Metrics of a column: the default ones or all, those asked for, and those with a threshold of the user's.
fn metrics(kind: Kind, options: &CheckOptions, rule: &ColumnRule) -> Vec<Metric> {
    let selection = options.model.as_ref().map(|model| model.check.metrics.clone()).unwrap_or_default();
    let asked = !options.metrics.is_empty();
    let default = default_metrics(kind);
    Metric::ALL
        .iter()
        .copied()
        .filter(|metric| suits(*metric, kind))
        .filter(|metric| {
            let chosen = if options.all_metrics {
                true
            } else if asked {
                options.metrics.contains(metric)
            } else {
                selection.wants(*metric, default.contains(metric))
            };
            chosen || rule.thresholds.contains_key(metric) || rule.alarms(*metric)
        })
        .collect()
}

/// Whether a metric has a meaning for a kind of column.
fn suits(metric: Metric, kind: Kind) -> bool {
    let shares = matches!(
        metric,
        Metric::Psi
            | Metric::KlCurrentReference
            | Metric::KlReferenceCurrent
            | Metric::JsDistance
            | Metric::Hellinger
            | Metric::Tvd
            | Metric::Linf
            | Metric::Chi2
            | Metric::GTest
            | Metric::CramersV
    );
    match metric {
        Metric::MissingRate | Metric::InvalidRate => true,
        Metric::UnseenRate => kind == Kind::Categorical,
        Metric::ProportionDifference => kind == Kind::Boolean,
        _ if shares => kind != Kind::Presence,
        _ => matches!(kind, Kind::Numeric | Kind::Text),
    }
}

fn nothing_in_common(reference: &Table, current: &Table) -> CheckError {
    let list = |table: &Table| {
        let names: Vec<String> = table.columns.iter().take(5).map(|c| format!("`{}`", c.name)).collect();
        let more = if table.columns.len() > 5 { ", …" } else { "" };
        format!("{}{more}", names.join(", "))
    };
    CheckError::Usage(format!(
        "the two sides have no column in common to compare: the reference has {}; the current data has {}",
        list(reference),
        list(current)
    ))
}
