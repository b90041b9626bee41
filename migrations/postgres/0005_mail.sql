-- Messages to send, as ids: texts and tokens are made when they are sent.
CREATE TABLE outbox
(
    id              text COLLATE "C" PRIMARY KEY,
    kind            text COLLATE "C" NOT NULL,
    -- The address that somebody asked for, known or not; otherwise the subject's.
    email           text,
    subject         text COLLATE "C",
    establishment   text COLLATE "C",
    created_at      timestamptz      NOT NULL,
    attempts        bigint           NOT NULL DEFAULT 0,
    next_attempt_at timestamptz      NOT NULL,
    given_up_at     timestamptz
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE given_up_at IS NULL;

-- Of personal data no samples are kept (0002_people.sql).
ALTER TABLE outbox
    ALTER email SET STATISTICS 0;
