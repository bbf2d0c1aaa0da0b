//! Tree of values → text types. Every problem is reported and decoding goes on with what is left.

mod fields;
mod list;
mod model;
mod privacy;
mod resource;
mod scalar;
mod settings;
mod thresholds;
pub(crate) mod watch;

pub(crate) use fields::join;
pub(crate) use list::{METRICS_ALL, METRICS_DEFAULT};
pub(crate) use resource::resource;
pub(crate) use watch::defaults::{GROUP_INTERVAL, GROUP_WAIT, MIN_SAMPLES, ORDER, TIMEOUT, default_measure};

use crate::yaml::Node;

/// A value and the path that leads to it.
#[derive(Clone)]
pub(crate) struct Slot<'n> {
    pub(crate) path: String,
    pub(crate) node: &'n Node,
}
