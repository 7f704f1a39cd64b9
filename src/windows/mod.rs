//! What is asked of Windows itself: the only unsafe code.

pub(crate) mod probe;
pub(crate) mod registry;
