//! Commands of the service: resources and keys in a catalog, sending to a server.

mod docs;
mod keys;
mod resources;
mod send;
mod server;
