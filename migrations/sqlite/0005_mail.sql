-- Messages to send, as ids: texts and tokens are made when they are sent.
CREATE TABLE outbox
(
    id              text NOT NULL PRIMARY KEY,
    kind            text NOT NULL,
    -- The address that somebody asked for, known or not; otherwise the subject's.
    email           text,
    subject         text,
    establishment   text,
    created_at      text NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at text NOT NULL,
    given_up_at     text
) STRICT;
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE given_up_at IS NULL;
