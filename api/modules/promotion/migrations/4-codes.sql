CREATE INDEX promotion_hold_subject ON promotion_hold (store, subject)
  WHERE limit_all IS NULL AND state IN ('held', 'committed');
