-- An account is there once its address was proven; until then there is a sign-up.
DELETE FROM accounts WHERE activated_at IS NULL;
ALTER TABLE accounts DROP COLUMN activated_at;

CREATE TABLE sign_ups
(
    -- The id of the account that comes of it, and of the row in people. Several may wait for the
    -- same address: the newest counts.
    id            text COLLATE "C" PRIMARY KEY,
    email         text             NOT NULL,
    email_key     text COLLATE "C" NOT NULL,
    role          text COLLATE "C" NOT NULL,
    establishment text COLLATE "C" NOT NULL,
    class_id      text COLLATE "C",
    password_hash text             NOT NULL,
    created_at    timestamptz      NOT NULL
);
CREATE INDEX sign_ups_email ON sign_ups (email_key, id);

-- Whom an invitation went to; its name is in people, under its own id.
CREATE TABLE invitees
(
    invitation_id text COLLATE "C" PRIMARY KEY,
    establishment text COLLATE "C" NOT NULL,
    email         text             NOT NULL,
    email_key     text COLLATE "C" NOT NULL,
    expires_at    timestamptz      NOT NULL
);
CREATE UNIQUE INDEX invitees_email ON invitees (establishment, email_key);

CREATE TABLE tokens
(
    -- SHA-256 of the token, in hexadecimal: the token itself is only in a message.
    token_hash text COLLATE "C" PRIMARY KEY,
    purpose    text COLLATE "C" NOT NULL,
    -- The sign-up, the account or the invitation it is for.
    subject    text COLLATE "C" NOT NULL,
    -- The message that carries it: sent twice, it carries two tokens, either of which counts.
    message_id text COLLATE "C" NOT NULL,
    expires_at timestamptz      NOT NULL
);
CREATE INDEX tokens_subject ON tokens (subject, purpose);

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

-- Who signed in and who failed to: ids only, kept for twelve months.
CREATE TABLE sign_ins
(
    id             text COLLATE "C" PRIMARY KEY,
    -- Null when the address is nobody's.
    account_id     text COLLATE "C",
    outcome        text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    recorded_at    timestamptz      NOT NULL
);
CREATE INDEX sign_ins_account ON sign_ins (account_id, recorded_at);
CREATE INDEX sign_ins_age ON sign_ins (recorded_at);

-- Read model: the invitations that nobody has followed yet.
CREATE TABLE invitations
(
    id            text COLLATE "C" PRIMARY KEY,
    establishment text COLLATE "C" NOT NULL,
    role          text COLLATE "C" NOT NULL,
    class_id      text COLLATE "C",
    invited_at    timestamptz      NOT NULL
);
CREATE INDEX invitations_establishment ON invitations (establishment);

-- "Ma classe": one per member of staff.
CREATE UNIQUE INDEX class_main_teachers_staff ON class_main_teachers (staff_id);
