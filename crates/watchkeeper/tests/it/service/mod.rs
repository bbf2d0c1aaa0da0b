//! The service: resources and keys in a catalog, sending to a server, the server itself from outside.

mod crash;
mod delta;
mod docs;
mod edges;
mod erase;
mod events;
mod hostile;
mod ids;
mod keys;
mod otlp;
mod process;
mod resources;
mod send;
mod server;
mod watch;
