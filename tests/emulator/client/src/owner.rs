//! x
use crate::Case;
pub fn cases() -> Vec<Case> { Vec::new() }
pub fn play(_: &str) -> i32 { 0 }
