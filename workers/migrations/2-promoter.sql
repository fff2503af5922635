CREATE TABLE workers_promoter (
  store TEXT NOT NULL,
  rules TEXT NOT NULL,
  revision BIGINT NOT NULL,
  after_seq BIGINT,
  PRIMARY KEY (store)
);
