-- PostgreSQL keeps samples of what stands in a column (pg_statistic), and keeps them when the rows go: an
-- erased name would stay there. So none are taken of personal data. A column that is given the type that
-- it has loses those that were taken.
ALTER TABLE people
    ALTER first_name TYPE text,
    ALTER first_name SET STATISTICS 0,
    ALTER last_name TYPE text,
    ALTER last_name SET STATISTICS 0,
    ALTER birth_date TYPE text COLLATE "C",
    ALTER birth_date SET STATISTICS 0,
    ALTER sort_key TYPE text COLLATE "C",
    ALTER sort_key SET STATISTICS 0;

ALTER TABLE accounts
    ALTER email TYPE text,
    ALTER email SET STATISTICS 0,
    ALTER email_key TYPE text COLLATE "C",
    ALTER email_key SET STATISTICS 0,
    ALTER password_hash TYPE text,
    ALTER password_hash SET STATISTICS 0;

ALTER TABLE sign_ups
    ALTER email TYPE text,
    ALTER email SET STATISTICS 0,
    ALTER email_key TYPE text COLLATE "C",
    ALTER email_key SET STATISTICS 0,
    ALTER password_hash TYPE text,
    ALTER password_hash SET STATISTICS 0;

ALTER TABLE invitees
    ALTER email TYPE text,
    ALTER email SET STATISTICS 0,
    ALTER email_key TYPE text COLLATE "C",
    ALTER email_key SET STATISTICS 0;

ALTER TABLE outbox
    ALTER email TYPE text,
    ALTER email SET STATISTICS 0;
