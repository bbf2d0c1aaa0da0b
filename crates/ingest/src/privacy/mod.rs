//! The privacy gate: what is stored of each column, decided before anything is stored or logged.
//!
//! A column has one of six actions:
//!
//! | action | what is stored |
//! |---|---|
//! | `keep` | the values |
//! | `drop` | nothing |
//! | `hash` | HMAC-SHA-256 by tenant, domain and epoch, 128 bits as 32 hexadecimal digits; numbers and times by their text |
//! | `mask` | `***` and the last characters, none of them if the text is shorter than twice as many |
//! | `generalise` | the lower edge of a bin, the start of a time step, the first characters |
//! | `profile_only` | what a distribution needs, see below |
//!
//! **Profile-only** columns are profiled and their values are nowhere stored. Profiles are made from stored events, so what
//! is stored instead is what is profiled: of a text `<name>.length` (characters) and `<name>.tokens` (words), of a number its
//! level on a scale of 64 (with a declared `min` and `max` 64 equal bins between them and one beyond each end; without, 0 and
//! ± powers of two from 2⁻¹⁰ to 2²⁰), of a time its month, of a boolean itself. A column of the request that has the derived
//! name already keeps its place.
//!
//! **Without a declared action** the gate decides, once ([`ColumnDecision`]):
//!
//! - Names and a sample of values tell classes of personal data ([`Class`]); a column of one is flagged ([`Finding`]).
//! - E-mail addresses, phone numbers, bank accounts, cards and national ids are hashed if a key is configured, else
//!   profile-only (numbers always: a hash would change the type of the column). Passwords and tokens are dropped.
//! - A text that nothing declares is profile-only if more than half of at least 200 values are different, or if they have
//!   more than 40 characters on average; else it is kept. Until then nothing of it is stored: the first 200 values could
//!   be 200 persons. Declare the column to have it from the first event.
//! - Columns that the model declares (other than as `type: text`, which is profile-only), predictions, labels, segment tags
//!   and numbers are stored from the first event, but for single values that name a person directly. A segment tag that must
//!   not be stored is dropped.
//!
//! Streams of KPIs and changes have no columns of their own: there only declared actions hold.
//!
//! INVARIANT: no buffer of a gated batch, nor memory that it keeps alive, holds a value that did not pass.

mod class;
mod columns;
mod decision;
mod detect;
mod gate;
mod hash;
mod key;
mod learned;
mod number;
mod plan;
mod tracker;
mod transform;
mod words;

pub use class::{Class, Evidence, Finding, Level};
pub use decision::{ColumnDecision, DefaultAction, Reason};
pub use gate::{Gate, GateError, Gated};
pub use hash::keyed_digest;
pub use key::{KEY_BYTES_MIN, KeyError, KeyReference, KeySource, NoKey, Secret};
pub use plan::{Declared, GatePlan};
pub use tracker::{CardinalityTracker, DISTINCT_MAX};
