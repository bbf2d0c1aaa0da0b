//! Properties of profiles over arbitrary data.
mod properties;
