//! What is known of a stream while the service runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_schema::Schema;

use crate::privacy::Gate;
use crate::{ColumnShape, ColumnType, Shape, Stream};

/// One stream of one model (or, for KPIs and changes, of one tenant).
#[derive(Debug)]
pub struct StreamState {
    /// The tenant.
    pub tenant: String,
    /// The stream.
    pub stream: Stream,
    /// The model, when the stream has one.
    pub model: Option<String>,
    /// Path of its table.
    pub table: String,
    /// Path of the table of rejected rows.
    pub rejects_table: String,
    /// The privacy gate.
    pub gate: Gate,
    shape: Mutex<Arc<Shape>>,
}

impl StreamState {
    /// The state of a stream whose columns so far are those of `shape`.
    #[must_use]
    pub fn new(
        (tenant, stream, model): (&str, Stream, Option<&str>),
        (table, rejects_table): (String, String),
        gate: Gate,
        shape: Shape,
    ) -> Self {
        Self {
            tenant: tenant.to_owned(),
            stream,
            model: model.map(str::to_owned),
            table,
            rejects_table,
            gate,
            shape: Mutex::new(Arc::new(shape)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Shape>> {
        self.shape.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The columns so far.
    #[must_use]
    pub fn shape(&self) -> Arc<Shape> {
        self.lock().clone()
    }

    /// Fixes the types of columns that `schema` brings and that are new. An error names a column that another request has
    /// fixed otherwise in the meantime: the body must then be read again with the shape as it is now.
    pub(super) fn settle(&self, schema: &Schema) -> Result<(), String> {
        let mut shape = self.lock();
        let mut new: BTreeMap<String, ColumnShape> = BTreeMap::new();
        for field in schema.fields() {
            let Some(kind) = ColumnType::of(field.data_type()) else { continue };
            match shape.columns.get(field.name()) {
                Some(known) if known.kind != kind => return Err(field.name().clone()),
                Some(_) => {}
                None => {
                    let personal = self.gate.is_personal(field.name());
                    new.insert(field.name().clone(), ColumnShape { kind, personal });
                }
            }
        }
        if !new.is_empty() {
            let mut wider = shape.as_ref().clone();
            wider.columns.extend(new);
            *shape = Arc::new(wider);
        }
        Ok(())
    }
}
