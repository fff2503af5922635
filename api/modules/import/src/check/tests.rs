//! Every kind of mistake, planted one by one.
