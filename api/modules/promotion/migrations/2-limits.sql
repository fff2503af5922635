CREATE TABLE promotion_version (
  store TEXT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (store)
);
CREATE TABLE promotion_count (
  store TEXT NOT NULL,
  subject TEXT NOT NULL,
  customer TEXT NOT NULL,
  taken BIGINT NOT NULL,
  PRIMARY KEY (store, subject, customer)
);
CREATE TABLE promotion_hold (
  store TEXT NOT NULL,
  order_ref TEXT NOT NULL,
  subject TEXT NOT NULL,
  customer TEXT NOT NULL,
  limit_all BIGINT,
  limit_customer BIGINT,
  state TEXT NOT NULL,
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (store, order_ref, subject)
);
CREATE INDEX promotion_hold_due ON promotion_hold (ends_at) WHERE state = 'held';
