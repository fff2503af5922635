CREATE TABLE db_outbox (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  entity TEXT NOT NULL,
  version BIGINT NOT NULL,
  payload TEXT NOT NULL,
  trace TEXT,
  created_at BIGINT NOT NULL,
  published_at BIGINT,
  claimed_by TEXT,
  claimed_until BIGINT,
  attempts BIGINT NOT NULL,
  last_error TEXT,
  PRIMARY KEY (store, id)
);
CREATE INDEX db_outbox_waiting ON db_outbox (store, kind, entity, version) WHERE published_at IS NULL;
CREATE INDEX db_outbox_published ON db_outbox (published_at) WHERE published_at IS NOT NULL;
