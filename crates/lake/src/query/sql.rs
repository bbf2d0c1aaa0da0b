//! Questions in SQL, for exports.

use datafusion::execution::context::SQLOptions;

use super::Rows;
use crate::{Lake, LakeError, TableId};

impl Lake {
    /// The answer to a question in SQL over tables under names of their own. Only questions: statements that would change,
    /// create or write anything, and settings, are refused; no file outside the named tables can be read.
    ///
    /// # Errors
    /// [`LakeError::NoTable`] when one of the tables is not there, [`LakeError::Query`] when the question is not
    /// understood, or as [`Lake::scan`].
    pub async fn sql(&self, tables: &[(&str, TableId)], sql: &str) -> Result<Rows, LakeError> {
        let session = self.queries.session()?;
        for (name, id) in tables {
            let table = self.at(id, None).await?.ok_or_else(|| LakeError::NoTable(id.to_string()))?;
            session.register_table(*name, table.table_provider().await?)?;
        }
        let questions = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        Rows::of(session.sql_with_options(sql, questions).await?).await
    }
}
