//! The live side: one thin axum service over the modules.
