//! REST: one resource a file; hooks are one layer around all of them.
