//! One series of a rule over time: a pure fold over its evaluations.
//!
//! ```text
//!            breach            k of n breaches            clear
//! inactive ─────────► pending ─────────────────► firing ◄───────► recovering ─────────► resolved
//!     ▲                  │                                breach            keep-firing
//!     └──────────────────┘ n windows without k: a near miss                 clear windows in a row
//! ```
//!
//! * `unknown` and `error` never change the phase. They change the health, which has alerts of its own.
//! * A window counts once. What becomes known of it later is a note (`restated`), never a change of what was said.
//! * The state holds all that the fold needs: saved and loaded anywhere, it goes on as if nothing had happened.

mod change;
mod fold;
mod settings;
mod state;

pub use change::{Change, Ended, What};
pub use settings::{AlertSettings, InvalidSettings};
pub use state::{Alert, Facts, Health, Hold, Phase, Seen};
