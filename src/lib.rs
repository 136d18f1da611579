//! Xiangban 相伴: looking after left-behind children and children in difficulty, in reading order.

pub mod children;
pub mod clock;
pub mod messaging;
pub mod text_enum;
pub mod contact;
pub mod protection;
pub mod volunteers;
