CREATE TABLE intake_delivery (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  state TEXT NOT NULL,
  feed TEXT,
  items TEXT,
  body_hash TEXT NOT NULL,
  trace TEXT,
  received_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  owner TEXT,
  finished_at BIGINT,
  outcome TEXT,
  error TEXT,
  PRIMARY KEY (store, id),
  UNIQUE (store, seq)
);
CREATE INDEX intake_delivery_state ON intake_delivery (state, due_at);
CREATE TABLE intake_counter (
  store TEXT PRIMARY KEY,
  seq BIGINT NOT NULL
);
CREATE TABLE intake_seen (
  store TEXT NOT NULL,
  request TEXT NOT NULL,
  forget_at BIGINT NOT NULL,
  PRIMARY KEY (store, request)
);
