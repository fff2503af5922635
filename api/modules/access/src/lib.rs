//! Tokens: hashed, scoped, expiring.
