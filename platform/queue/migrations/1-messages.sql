-- A message waits, is delayed (not_before), is held (claimed_until) or is dead.
CREATE TABLE queue_message (
    store TEXT NOT NULL,
    id TEXT NOT NULL,
    priority BIGINT NOT NULL,
    -- Order among equals: microseconds of the enqueuing, raised so that no two of a process are equal.
    place BIGINT NOT NULL,
    -- The bytes: as they are, or `\x` and hex where they are no text.
    body TEXT NOT NULL,
    trace TEXT,
    -- How often it was delivered.
    attempt BIGINT NOT NULL DEFAULT 0,
    not_before BIGINT NOT NULL DEFAULT 0,
    claimed_by TEXT,
    claimed_until BIGINT NOT NULL DEFAULT 0,
    -- 1: published again while it was held.
    again BIGINT NOT NULL DEFAULT 0,
    -- waiting or dead
    state TEXT NOT NULL DEFAULT 'waiting',
    -- Why the last attempt failed.
    reason TEXT,
    enqueued_at BIGINT NOT NULL,
    dead_at BIGINT,
    PRIMARY KEY (store, id)
);

CREATE INDEX queue_message_next ON queue_message (priority DESC, place) WHERE state = 'waiting';
