//! Guards of the sources: the contract is fresh, every problem has words, migrations stand on both sides.

mod contract;
mod sources;
