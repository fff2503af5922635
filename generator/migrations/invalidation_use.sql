-- Paths that CDNs were told in a month: what they bill by.
CREATE TABLE generator_invalidation_use (
    store TEXT NOT NULL,
    month TEXT NOT NULL,
    paths BIGINT NOT NULL,
    PRIMARY KEY (store, month)
);
-- What one country waits for is found beside what others do.
CREATE INDEX generator_invalidation_country ON generator_invalidation (store, country, at);
