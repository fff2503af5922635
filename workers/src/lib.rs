//! Relay, scheduler, consumer and drain: what keeps the pages fresh by itself.
