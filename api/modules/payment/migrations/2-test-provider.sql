CREATE TABLE payment_test_account (
  store TEXT NOT NULL,
  attempt TEXT NOT NULL,
  outcome TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  capture TEXT NOT NULL,
  state TEXT NOT NULL,
  captured BIGINT NOT NULL,
  refunded BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  PRIMARY KEY (store, attempt)
);
CREATE TABLE payment_test_refund (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  attempt TEXT NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (store, id)
);
CREATE TABLE payment_test_webhook (
  store TEXT NOT NULL,
  attempt TEXT NOT NULL,
  number BIGINT NOT NULL,
  body TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  sent_at BIGINT,
  PRIMARY KEY (store, attempt, number)
);
CREATE INDEX payment_test_webhook_due ON payment_test_webhook (due_at) WHERE sent_at IS NULL;
