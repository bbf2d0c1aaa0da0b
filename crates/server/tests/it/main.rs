//! The server from outside: over its router, over connections in memory on a stopped clock, over real TCP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod authorization;
mod connections;
mod erasures;
mod events;
mod limits;
mod lingering;
mod logs;
mod openapi;
mod opentelemetry;
mod problems;
mod reads;
mod resources;
mod stopping;
mod support;
mod system;
mod watch;
