//! Changes from outside: signed webhooks of a CMS or PIM, fetched and imported.
