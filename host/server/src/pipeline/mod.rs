//! Realtime: what a client sends on its socket, and what it gets.
