CREATE TABLE workers_announcement (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  stream TEXT NOT NULL,
  entity TEXT NOT NULL,
  version BIGINT NOT NULL,
  payload TEXT NOT NULL,
  trace TEXT,
  at BIGINT NOT NULL,
  free_at BIGINT NOT NULL,
  announced_at BIGINT,
  PRIMARY KEY (store, id)
);
CREATE INDEX workers_announcement_open ON workers_announcement (store, stream, entity, version) WHERE announced_at IS NULL;
CREATE INDEX workers_announcement_done ON workers_announcement (announced_at) WHERE announced_at IS NOT NULL;
