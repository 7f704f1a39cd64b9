//! The Host Compute Service as the specification describes it: its rules, its documents, its state in files, and the faults
//! a test asks for. The three DLLs are thin: they hold the exported signatures and call in here.

pub mod backup_stream;
pub mod backup_write;
pub mod call;
pub mod codes;
pub mod documents;
pub mod events;
pub mod exports;
pub mod faults;
pub mod guid;
pub mod handles;
pub mod home;
pub mod host;
pub mod image;
pub mod layers;
pub mod left;
pub mod log;
pub mod network;
pub mod operations;
pub mod owner;
pub mod processes;
pub mod rules;
pub mod state;
pub mod streams;
pub mod systems;
pub mod text;
