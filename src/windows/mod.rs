//! What is asked of Windows itself: the only unsafe code.

pub mod probe;
