//! The accounts of a container.

use crate::codes::LOGON_FAILURE;
use crate::rules::{self, Refusal};
use crate::state::System;
use std::path::Path;

/// The accounts every image has.
const EVERYWHERE: [&str; 2] = ["containeradministrator", "containeruser"];

/// Refuses an account the container does not have. Those of an image are known by their profiles: here, the folder
/// `Files\Users\NAME` in one of its layers (this emulator's convention).
pub fn check(system: &System, user: &str) -> Result<(), Refusal> {
    if user.is_empty() {
        return Ok(());
    }
    let (domain, name) = user.rsplit_once('\\').unwrap_or(("", user));
    let own = ["", ".", "user manager"].contains(&domain.to_lowercase().as_str());
    let in_image = || system.layers.iter().any(|layer| Path::new(layer).join(r"Files\Users").join(name).is_dir());
    let known = own && (EVERYWHERE.contains(&name.to_lowercase().as_str()) || in_image());
    rules::ACCOUNT.require(known, LOGON_FAILURE, || format!("the container has no account {user:?}"))
}
