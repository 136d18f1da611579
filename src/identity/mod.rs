//! Identity: people, the posts they hold, how they sign in, and what they may do.
//!
//! ```text
//!  phone + SMS code ─┐
//!  staff password    ├─▶ session ──▶ access token (15 min, carries the posts)
//!   + second factor  │     │  ▲
//!  WeChat code ──────┘     ▼  │ refresh token, exchanged at each use; an old one used again revokes the session
//! ```
//!
//! A handler says who may call it by its argument: [`SignedIn`] for anybody with a token, [`May<P>`] for those whom the
//! permission `P` (a row of a slice's `access.rs`) grants. [`May`] also gives the [`Scope`]: the areas and ties through
//! which records can be reached at all.

mod access;
mod actor;
pub mod codes;
pub mod guesses;
mod offices;
mod organisation;
mod people;
pub mod routes;
pub mod sessions;
mod sign_in;
mod staff;
mod tokens;
pub mod wechat;

pub use access::{May, Permission, SignedIn};
pub use actor::{Actor, ActorPost, Only, PostKind, Scope, TieKind};
pub use organisation::{NewOrganisation, OrganisationKind, add_organisation};
pub use people::{
    NewPerson, Person, PhoneState, Sex, add_person, add_post, change_phone, find_by_phone, holders, person, phone_of,
    posts_of,
};
pub use sign_in::SignInGrant;
pub use staff::{create_account, person_of_login, reset_password, totp_now};
pub use tokens::Tokens;
