//! What can go wrong.

use std::path::PathBuf;

/// Why the index of ids cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdsError {
    /// A file is not what was written: what it held has to be made again from the tables.
    #[error("id index file `{path}` is damaged at page {page}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Number of the page in it, from 0.
        page: u64,
    },
    /// Ids were lost, and making them again was not finished.
    #[error("id index `{dir}` is incomplete: it has to be made again from the tables")]
    Incomplete {
        /// The folder of the index.
        dir: PathBuf,
    },
    /// A file of the index could not be read or written.
    #[error("cannot {doing} id index file `{path}`")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Ids were looked up whose append was neither confirmed nor rolled back.
    #[error("{ids} ids wait for their append: confirm or roll back first")]
    Unconfirmed {
        /// How many.
        ids: usize,
    },
    /// A job was begun and its outcome not installed.
    #[error("a job of the id index is under way: install its outcome first")]
    Busy,
}

impl IdsError {
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
