//! The only way out: requests and mail go where they may, and nowhere else.
//!
//! Users write the addresses that the service calls, so each call is a way to make the service speak to its own network.
//! Therefore: a name is resolved once, all its addresses are judged ([`Rules`]), and the connection goes to exactly those;
//! no redirect is followed, no proxy of the environment used; time and size are bounded; errors name the host, never the
//! path, headers or bodies. OWASP, <https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html>.

mod address;
mod client;
mod mail;
mod rules;

pub use address::{InvalidNetwork, Network, not_public};
pub use client::{Egress, EgressError, Resolve, Response, SystemResolver, Tls};
pub use rules::{Protection, Refused, Rules};
