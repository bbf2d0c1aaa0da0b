//! What the server needs of the rest of the service. The binary implements these traits.
//!
//! Every call gets the [`Caller`](crate::Caller). The server has checked the key, the right and what path and query
//! name; an implementation answers from the caller's tenant only, and where rows or lists span models or environments
//! it keeps to [`Caller::sees_model`](crate::Caller::sees_model) and
//! [`Caller::sees_environment`](crate::Caller::sees_environment). What another tenant has does not exist.

mod erasures;
mod error;
mod health;
mod intake;
mod keys;
mod otlp;
mod profiles;
mod resources;
mod time;
mod traces;
mod watch;

pub use erasures::{EraseRequest, ErasedEvents, ErasedTable, ErasureAnswer, ErasureState, Erasures, NewErasure};
pub use error::ReadError;
pub use health::{Clock, Readiness, SystemClock};
pub use intake::{Ack, AppendAnswer, AppendRequest, BodyKind, Encoding, Intake, IntakeError, RejectedRow};
pub use keys::{CreatedKey, Grant, KeyError, Keys, NewKey};
pub use otlp::{Otlp, OtlpAnswer, OtlpRequest, Signal};
pub use profiles::{
    BinShare, BucketPoint, Classes, ColumnInfo, ColumnMeasurement, ColumnsAnswer, DistributionAnswer, DistributionBin,
    DistributionQuery, DistributionSide, GridInfo, ModelInfo, ModelState, ModelsPage, Page, ProfileAnswer,
    ProfileQuery, Profiles, ProfilesAnswer, Quantile, ReferenceQuery, SegmentFilter, Slice, Step, StorageAnswer,
    Summary, TableSize,
};
pub use resources::{
    Change, Diff, Expected, PutAnswer, Resource, ResourceError, ResourcePage, Resources, Revision, RevisionsAnswer,
};
pub use time::{Time, Window};
pub use traces::{SpanInfo, TraceAnswer, Traces};
pub use watch::{
    AlertInfo, AlertsAnswer, IncidentAnswer, IncidentCommand, IncidentInfo, IncidentsPage, IncidentsQuery,
    MeasurementPoint, MeasurementSeries, MeasurementsAnswer, MeasurementsQuery, TimelineEntry, Watch,
};
