CREATE TABLE workers_tick (
  store TEXT NOT NULL,
  country TEXT NOT NULL,
  kind TEXT NOT NULL,
  tick_at BIGINT NOT NULL,
  PRIMARY KEY (store, country, kind)
);
