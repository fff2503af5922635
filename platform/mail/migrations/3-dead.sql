CREATE INDEX mail_delivery_dead ON mail_delivery (store) WHERE state = 'dead';
