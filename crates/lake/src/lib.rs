//! Open tables: Delta Lake tables of events and profiles on any object store.
//!
//! The only crate that names Delta Lake and DataFusion. A [`Lake`] is a root URL; a table in it is a [`TableId`]. Rows are
//! committed with an application transaction, so that a repeated commit changes nothing ([`Lake::commit`]); commits are
//! followed file by file ([`Lake::changes`]); [`profiles`] turns them into profiles that add; [`query`] answers windows and
//! samples through DataFusion; [`maintain`] keeps the number of files and their age bounded.

mod error;
pub mod maintain;
pub mod profiles;
pub mod query;
mod store;
mod table;
mod tail;

pub use error::LakeError;
pub use store::Root;
pub use table::{Committed, FileRef, FileRows, Lake, Replace, Selection, TableId, TableName, TableSize, Wanted, Write};
pub use tail::Change;
