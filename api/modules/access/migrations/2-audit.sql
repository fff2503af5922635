CREATE TABLE access_audit (
  store TEXT NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  token TEXT NOT NULL,
  name TEXT NOT NULL,
  request TEXT NOT NULL,
  action TEXT NOT NULL,
  entity TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  PRIMARY KEY (store, number)
);
CREATE INDEX access_audit_entity ON access_audit (store, entity, number);
CREATE TABLE access_audit_counter (
  store TEXT PRIMARY KEY,
  last BIGINT NOT NULL
);
