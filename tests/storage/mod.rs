//! Both engines hold the same.

mod schema;
