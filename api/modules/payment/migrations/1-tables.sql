CREATE TABLE payment_attempt (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  reference TEXT NOT NULL,
  provider TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  capture TEXT NOT NULL,
  token TEXT NOT NULL,
  provider_ref TEXT,
  state TEXT NOT NULL,
  captured BIGINT NOT NULL CHECK (captured >= 0 AND captured <= amount),
  refunded BIGINT NOT NULL CHECK (refunded >= 0),
  refunding BIGINT NOT NULL CHECK (refunding >= 0 AND refunded + refunding <= captured),
  capture_asked BIGINT,
  action TEXT,
  failure TEXT,
  records BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  looked_at BIGINT NOT NULL,
  PRIMARY KEY (store, id)
);
CREATE INDEX payment_attempt_reference ON payment_attempt (store, reference);
CREATE INDEX payment_attempt_ref ON payment_attempt (store, provider, provider_ref) WHERE provider_ref IS NOT NULL;
CREATE INDEX payment_attempt_open ON payment_attempt (looked_at) WHERE state IN ('created', 'pending', 'requires_action', 'unknown');
CREATE TABLE payment_refund (
  store TEXT NOT NULL,
  id TEXT NOT NULL,
  attempt TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  tries BIGINT NOT NULL,
  provider_ref TEXT,
  failure TEXT,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  looked_at BIGINT NOT NULL,
  PRIMARY KEY (store, id)
);
CREATE INDEX payment_refund_attempt ON payment_refund (store, attempt);
CREATE INDEX payment_refund_open ON payment_refund (looked_at) WHERE state IN ('created', 'pending', 'unknown');
CREATE TABLE payment_event (
  store TEXT NOT NULL,
  provider TEXT NOT NULL,
  id TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (store, provider, id)
);
CREATE TABLE payment_record (
  store TEXT NOT NULL,
  attempt TEXT NOT NULL,
  number BIGINT NOT NULL,
  source TEXT NOT NULL,
  said TEXT NOT NULL,
  raw TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (store, attempt, number)
);
CREATE TABLE payment_dispute (
  store TEXT NOT NULL,
  provider TEXT NOT NULL,
  id TEXT NOT NULL,
  attempt TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  reason TEXT NOT NULL,
  status TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (store, provider, id)
);
