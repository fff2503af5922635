CREATE TABLE db_idempotency (
  store TEXT NOT NULL,
  scope TEXT NOT NULL,
  caller_key TEXT NOT NULL,
  request TEXT NOT NULL,
  reply TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (store, scope, caller_key)
);
CREATE INDEX db_idempotency_expired ON db_idempotency (expires_at);
