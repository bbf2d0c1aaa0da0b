//! Profiles and measurements over arbitrary and over published data.
mod brackets;
mod encodings;
mod parity;
mod properties;
mod sources;
