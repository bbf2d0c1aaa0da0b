//! The gate: what passes it may be stored.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, FieldRef};
use watchkeeper_spec::{Kind, Privacy};

use super::class::{Class, Finding, Level};
use super::columns::Columns;
use super::decision::{ColumnDecision, DefaultAction, Standing};
use super::detect;
use super::hash::Hasher;
use super::key::{KeyError, KeySource, Secret};
use super::learned::{Learned, Rule};
use super::plan::GatePlan;
use super::transform::{self, Values};
use super::words::class_of_name;
use crate::ColumnType;

/// The privacy gate of one stream of one model. It is shared by the requests of the stream.
#[derive(Debug)]
pub struct Gate {
    plan: GatePlan,
    /// `None`: no key is configured.
    key: Result<Option<Secret>, Arc<KeyError>>,
    learned: Mutex<Learned>,
}

/// What may be stored of a request.
#[derive(Debug, Clone)]
pub struct Gated {
    /// The rows, in the same order and number. Schema and fields carry no metadata.
    pub batch: RecordBatch,
    /// Decisions that were made since the last batch: the caller keeps them ([`GatePlan::decisions`]) and puts their
    /// findings on the model.
    pub decisions: Vec<ColumnDecision>,
    /// Columns of which nothing passed in this request: texts that are not decided yet, and columns whose values cannot
    /// be made coarser in the declared way.
    pub withheld: Vec<String>,
}

/// Why a request did not pass. Nothing of it may be stored.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// A column asks for a hash and no key is configured.
    #[error("column `{column}` asks for a keyed hash and no key is configured; expected `file:PATH` or `env:NAME`")]
    NoKey {
        /// The column.
        column: String,
    },
    /// A column asks for a hash and the key cannot be used.
    #[error("column `{column}` asks for a keyed hash and the key cannot be used")]
    Key {
        /// The column.
        column: String,
        /// Why.
        source: Arc<KeyError>,
    },
    /// A column has a type that no event has.
    #[error("column `{column}` has type {found}; expected a number, true or false, a text or a time")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// The columns do not fit each other.
    #[error("gated columns do not fit each other")]
    Arrow(#[source] Arc<ArrowError>),
}

/// What happens with a column of one request.
enum Treatment<'p> {
    Keep,
    Drop,
    /// Nothing is stored until there is a decision.
    HoldBack,
    /// Stored but for values that name a person directly, until there is a decision.
    Screen,
    Act(&'p Privacy),
    Hash,
    ProfileOnly,
    Undecided(Standing),
}

impl Gate {
    /// A gate that does what `plan` says, with the key of `keys`.
    ///
    /// A key that is missing or cannot be used is no error here: only requests with a column that needs it are refused.
    #[must_use]
    pub fn new(mut plan: GatePlan, keys: &dyn KeySource) -> Self {
        let learned = Mutex::new(Learned::new(std::mem::take(&mut plan.decisions)));
        Self { plan, key: keys.key().map_err(Arc::new), learned }
    }

    /// The rows as they may be stored.
    ///
    /// # Errors
    /// [`GateError`]; nothing of the batch may then be stored. What was counted of it stays counted.
    pub fn apply(&self, batch: RecordBatch) -> Result<Gated, GateError> {
        let treatments = self.treatments(&batch)?;
        let mut columns = Columns::new(&batch);
        for ((field, array), treatment) in batch.schema_ref().fields().iter().zip(batch.columns()).zip(treatments) {
            self.treat(field, array, &treatment, &mut columns)?;
        }
        let withheld = std::mem::take(&mut columns.withheld);
        let batch = columns.finish().map_err(|error| GateError::Arrow(Arc::new(error)))?;
        let decisions = std::mem::take(&mut self.lock().fresh);
        Ok(Gated { batch, decisions, withheld })
    }

    /// How these texts of `column` are stored, so that rows can be found by them; `None` when the column keeps too little of
    /// its values for that. A column that is not decided yet is taken to keep them.
    ///
    /// # Errors
    /// [`GateError::NoKey`], [`GateError::Key`] for a hashed column.
    pub fn stored_as(&self, column: &str, texts: &[String]) -> Result<Option<Vec<String>>, GateError> {
        let decisions = Arc::clone(&self.lock().decisions);
        let domain = match self.treatment(column, ColumnType::Text, &decisions) {
            Treatment::Keep | Treatment::Act(Privacy::Keep) | Treatment::Undecided(_) => {
                return Ok(Some(texts.to_vec()));
            }
            Treatment::Hash => None,
            Treatment::Act(Privacy::Hash { domain }) => domain.as_deref(),
            _ => return Ok(None),
        };
        let array: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
        let Some(values) = Values::of(&array) else { return Ok(None) };
        let hashes = self.hash(column, domain, &values, array.len())?;
        Ok(hashes.as_string_opt::<i32>().map(|hashes| hashes.iter().flatten().map(str::to_owned).collect()))
    }

    /// Every decision so far, by column.
    #[must_use]
    pub fn decisions(&self) -> Vec<ColumnDecision> {
        self.lock().decisions.values().cloned().collect()
    }

    /// Every finding so far, by column.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        self.lock().decisions.values().filter_map(|decision| decision.finding.clone()).collect()
    }

    /// Whether values of `column` may be personal, so that no message shows them: declared or decided so, or a text that
    /// is not decided yet.
    #[must_use]
    pub fn is_personal(&self, column: &str) -> bool {
        let declared = self.plan.declared.get(column);
        match declared.map(|declared| (&declared.privacy, declared.kind)) {
            Some((Some(privacy), _)) => return *privacy != Privacy::Keep,
            Some((None, Some(Kind::Text))) => return true,
            _ => {}
        }
        if let Some(decision) = self.lock().decisions.get(column) {
            let is_found = decision.finding.as_ref().is_some_and(|finding| finding.level >= Level::Personal);
            return is_found || decision.action != DefaultAction::Keep;
        }
        match self.plan.standing(column, ColumnType::Text) {
            None | Some(Standing::Id) => false,
            Some(Standing::UnknownText) => true,
            Some(_) => class_of_name(column).is_some(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Learned> {
        // No invariant spans the statements of a holder, so a panic of one leaves nothing half done.
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn treatments(&self, batch: &RecordBatch) -> Result<Vec<Treatment<'_>>, GateError> {
        let decisions = Arc::clone(&self.lock().decisions);
        let mut treatments = Vec::with_capacity(batch.num_columns());
        for field in batch.schema_ref().fields() {
            let kind = ColumnType::of(field.data_type()).ok_or_else(|| GateError::Type {
                column: field.name().clone(),
                found: field.data_type().to_string(),
            })?;
            treatments.push(self.treatment(field.name(), kind, &decisions));
        }
        self.learn(batch, &mut treatments);
        Ok(treatments)
    }

    fn treatment(&self, column: &str, kind: ColumnType, decisions: &BTreeMap<String, ColumnDecision>) -> Treatment<'_> {
        let declared = self.plan.declared.get(column);
        if let Some(privacy) = declared.and_then(|declared| declared.privacy.as_ref()) {
            return Treatment::Act(privacy);
        }
        // A declared text is free text: its words are not stored.
        if kind == ColumnType::Text && declared.is_some_and(|declared| declared.kind == Some(Kind::Text)) {
            return Treatment::ProfileOnly;
        }
        let Some(standing) = self.plan.standing(column, kind) else {
            return Treatment::Keep;
        };
        decisions.get(column).map_or(Treatment::Undecided(standing), |decision| decided(decision.action))
    }

    /// Counts the values of undecided columns, and decides where enough is known.
    fn learn<'p>(&'p self, batch: &RecordBatch, treatments: &mut [Treatment<'p>]) {
        if !treatments.iter().any(|treatment| matches!(treatment, Treatment::Undecided(_))) {
            return;
        }
        let rule = Rule { values_min: self.plan.values_min, has_key: self.has_key() };
        let mut learned = self.lock();
        let columns = batch.schema_ref().fields().iter().zip(batch.columns());
        for ((field, array), treatment) in columns.zip(treatments) {
            if let Treatment::Undecided(standing) = *treatment {
                let decision = learned.observe(field.name(), array, standing, rule);
                *treatment = match (decision, standing) {
                    (Some(action), _) => decided(action),
                    (None, Standing::UnknownText) => Treatment::HoldBack,
                    (None, Standing::Id) => Treatment::Keep,
                    (None, _) => Treatment::Screen,
                };
            }
        }
    }

    /// Whether a key is configured. One that cannot be used counts: its columns are to be hashed once it can.
    const fn has_key(&self) -> bool {
        !matches!(self.key, Ok(None))
    }

    fn treat(
        &self,
        field: &FieldRef,
        array: &ArrayRef,
        treatment: &Treatment<'_>,
        columns: &mut Columns,
    ) -> Result<(), GateError> {
        let name = field.name();
        let Some(values) = Values::of(array) else {
            return Err(GateError::Type { column: name.clone(), found: field.data_type().to_string() });
        };
        match treatment {
            Treatment::Keep | Treatment::Act(Privacy::Keep) => {
                columns.keep(field, array);
                return Ok(());
            }
            Treatment::Drop | Treatment::Act(Privacy::Drop) => {}
            Treatment::HoldBack | Treatment::Undecided(_) => columns.withheld.push(name.clone()),
            Treatment::Screen => columns.put(name, screen(&values, array)),
            Treatment::Hash => columns.put(name, self.hash(name, None, &values, array.len())?),
            Treatment::ProfileOnly | Treatment::Act(Privacy::ProfileOnly) => self.profile_only(name, &values, columns),
            Treatment::Act(Privacy::Hash { domain }) => {
                columns.put(name, self.hash(name, domain.as_deref(), &values, array.len())?);
            }
            Treatment::Act(Privacy::Mask { last }) => columns.put(name, transform::mask(&values, *last)),
            Treatment::Act(Privacy::Generalise(way)) => match transform::generalise(&values, way) {
                Some(coarse) => columns.put(name, coarse),
                None => columns.withheld.push(name.clone()),
            },
            // An action of a later version: what is not understood is not stored.
            Treatment::Act(_) => columns.withheld.push(name.clone()),
        }
        columns.protect(array);
        Ok(())
    }

    fn profile_only(&self, name: &str, values: &Values<'_>, columns: &mut Columns) {
        let range = self.plan.declared.get(name).and_then(|declared| declared.range);
        for (suffix, array) in transform::profile_only(values, range) {
            columns.put_derived(name, suffix, array);
        }
    }

    fn hash(
        &self,
        column: &str,
        domain: Option<&str>,
        values: &Values<'_>,
        rows: usize,
    ) -> Result<ArrayRef, GateError> {
        let key = match &self.key {
            Ok(Some(key)) => key,
            Ok(None) => return Err(GateError::NoKey { column: column.to_owned() }),
            Err(source) => return Err(GateError::Key { column: column.to_owned(), source: Arc::clone(source) }),
        };
        let hasher = Hasher::new(key, &self.plan.tenant, domain.unwrap_or(column), self.plan.epoch);
        Ok(transform::hash(values, rows, &hasher))
    }
}

const fn decided(action: DefaultAction) -> Treatment<'static> {
    match action {
        DefaultAction::Keep => Treatment::Keep,
        DefaultAction::Drop => Treatment::Drop,
        DefaultAction::Hash => Treatment::Hash,
        DefaultAction::ProfileOnly => Treatment::ProfileOnly,
    }
}

fn screen(values: &Values<'_>, array: &ArrayRef) -> ArrayRef {
    match values {
        Values::Text(texts) => {
            transform::screen_texts(texts, |text| !detect::class_of(text).is_some_and(Class::is_direct))
        }
        Values::Number(numbers) => {
            transform::screen_numbers(numbers, |number| !detect::class_of_number(number).is_some_and(Class::is_direct))
        }
        Values::Boolean(_) | Values::Time(_) => Arc::clone(array),
    }
}
