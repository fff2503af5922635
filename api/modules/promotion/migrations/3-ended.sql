CREATE INDEX promotion_hold_ended ON promotion_hold (ends_at) WHERE state IN ('expired', 'released');
