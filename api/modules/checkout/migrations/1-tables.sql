CREATE TABLE checkout_task (
  store TEXT NOT NULL,
  attempt TEXT NOT NULL,
  kind TEXT NOT NULL,
  since BIGINT NOT NULL,
  looked_at BIGINT NOT NULL,
  PRIMARY KEY (store, attempt, kind)
);
CREATE INDEX checkout_task_looked ON checkout_task (looked_at);
