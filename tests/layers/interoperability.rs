//! Archives of other writers than ours.
