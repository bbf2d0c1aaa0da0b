//! Configuration: resources and their revisions.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;
use utoipa::ToSchema;

use super::{Page, Time};
use crate::{Caller, FieldError};

/// Which revision a write expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Any or none.
    Any,
    /// None: the write creates (`If-None-Match: *`).
    Absent,
    /// This one (`If-Match: "3"`).
    Revision(u64),
}

/// A resource as stored.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Resource {
    /// Kind, such as `Model`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Counts from 1 with each change.
    pub revision: u64,
    /// When this revision was written.
    pub updated_at: Time,
    /// The resource as it was written: `apiVersion`, `kind`, `metadata`, `spec`.
    #[schema(value_type = Object)]
    pub body: Value,
}

/// Some resources of a kind, by name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ResourcePage {
    /// The resources.
    pub items: Vec<Resource>,
    /// Cursor of the next page; none on the last.
    pub next: Option<String>,
}

/// One revision of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Revision {
    /// Counts from 1.
    pub revision: u64,
    /// When it was written.
    pub at: Time,
    /// Who wrote it: the id of a key, or `local`.
    pub by: String,
    /// Whether it removed the resource.
    pub deleted: bool,
    /// The resource then; none if removed.
    #[schema(value_type = Option<Object>)]
    pub body: Option<Value>,
}

/// The revisions of a resource, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RevisionsAnswer {
    /// The revisions.
    pub revisions: Vec<Revision>,
    /// Cursor of the next page; none on the last.
    pub next: Option<String>,
}

/// One difference between two revisions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// The field.
    pub path: String,
    /// As stored; none if it is new.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// As sent; none if it goes.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
}

/// What writing a resource would change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Diff {
    /// Whether the resource is there already.
    pub exists: bool,
    /// The differences; empty if nothing would change.
    pub changes: Vec<Change>,
}

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
pub struct PutAnswer {
    /// The resource after it. An unchanged resource keeps its revision.
    pub resource: Resource,
    /// Whether it was not there before.
    pub created: bool,
}

/// Why a resource cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResourceError {
    /// No such kind; lists those that there are.
    #[error("there is no kind `{kind}`")]
    UnknownKind {
        /// The kind.
        kind: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// No resource of that name.
    #[error("there is no {kind} `{name}`")]
    NotFound {
        /// Kind.
        kind: String,
        /// Name.
        name: String,
    },
    /// Another revision than expected.
    #[error("the resource has revision {found}")]
    Conflict {
        /// The revision that it has; 0 if it is not there.
        found: u64,
    },
    /// Problems of the document, never empty.
    #[error("the resource is not valid")]
    Invalid(Vec<FieldError>),
    /// The catalog cannot be reached.
    #[error("{detail}")]
    Unavailable {
        /// What is missing.
        detail: String,
    },
    /// A bug; logged, not shown.
    #[error("{detail}")]
    Internal {
        /// For the log.
        detail: String,
    },
}

/// Reads and writes resources of the caller's tenant.
#[async_trait]
pub trait Resources: Send + Sync {
    /// A resource, at a revision or the newest.
    async fn get(
        &self,
        caller: &Caller,
        kind: &str,
        name: &str,
        revision: Option<u64>,
    ) -> Result<Resource, ResourceError>;

    /// Resources of a kind by name.
    async fn list(&self, caller: &Caller, kind: &str, page: &Page) -> Result<ResourcePage, ResourceError>;

    /// Writes a resource with its ledger entry in one transaction. `name` and the name in the body must agree.
    async fn put(
        &self,
        caller: &Caller,
        kind: &str,
        name: &str,
        body: Value,
        expected: Expected,
    ) -> Result<PutAnswer, ResourceError>;

    /// Removes a resource; its revisions stay readable.
    async fn delete(&self, caller: &Caller, kind: &str, name: &str, expected: Expected) -> Result<(), ResourceError>;

    /// Revisions of a resource, newest first.
    async fn revisions(
        &self,
        caller: &Caller,
        kind: &str,
        name: &str,
        page: &Page,
    ) -> Result<RevisionsAnswer, ResourceError>;

    /// What writing `body` would change; checks it as a write would.
    async fn diff(&self, caller: &Caller, kind: &str, name: &str, body: Value) -> Result<Diff, ResourceError>;
}
