//! The queue: render requests by priority, embedded in the database or on RabbitMQ.
