//! The decision: pure, no I/O, no clock, no globals.
