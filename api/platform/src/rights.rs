//! Who may do what: roles give permissions, each over a part of the district and with some fields shown in full.
//!
//! * **Default deny.** Every crate lists its routes in `pub const ACCESS: &[Route]`; one middleware ([`gate::guard`])
//!   looks every request up there. A route that stands in no list is refused and logged. What is refused because of who
//!   asks, from where or with what is audited ([`keep_refusals`]).
//! * **Scope.** A handler takes [`Right`], with the scope of the permission its route asks for. A scope becomes an SQL
//!   condition by one function, [`Scope::predicate`], and covers single rows by [`Scope::covers`].
//! * **Fields.** Personal fields are masked on the server unless the grant shows them; [`reveal()`] records who looked
//!   behind a mask and why.
//! * **Three administrators.** A role does one kind of work ([`Duty`]), a permission belongs to one kind, and nobody
//!   holds roles of two kinds: foreign keys and a CHECK say so in the database, `roles` says it in words.
//!
//! Rights are read anew when their version has changed, which triggers count up at every change: a right that was
//! taken is gone with the next request on every node.

mod gate;
mod grant;
mod held;
mod permission;
mod refusals;
mod reveal;
pub mod roles;
mod route;
mod store;

pub use gate::{Gate, guard};
pub use grant::{Columns, Field, Fields, Grant, Reach, Scope, Site};
pub use held::{Held, Right};
pub use permission::{Duty, Group, Permission};
pub use refusals::{Refusals, keep_refusals};
pub use reveal::{MAX_REASON, REVEALS_PER_MINUTE, Reveal, checked_reason, reveal};
pub use roles::{RightsError, RoleRecord};
pub use route::{Route, Table, Who};
