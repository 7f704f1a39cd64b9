//! A container's life without Docker and containerd.

pub mod command_line;
pub mod image_config;
pub mod layer;
pub mod pull;
