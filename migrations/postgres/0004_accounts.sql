-- Accounts, and what leads to them: secrets, which never enter the log. An account is there once its address was
-- proven; until then there is a sign-up.
CREATE TABLE accounts
(
    -- The person's id: the same in events, in people and, for a pupil, as student.
    id            text COLLATE "C" PRIMARY KEY,
    email         text             NOT NULL,
    email_key     text COLLATE "C" NOT NULL CONSTRAINT accounts_email UNIQUE,
    role          text COLLATE "C" NOT NULL,
    password_hash text             NOT NULL,
    created_at    timestamptz      NOT NULL
);

CREATE TABLE sessions
(
    -- SHA-256 of the token, in hexadecimal: the token itself is only in its owner's hands.
    token_hash   text COLLATE "C" PRIMARY KEY,
    account_id   text COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at   timestamptz      NOT NULL,
    last_used_at timestamptz      NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE sign_ups
(
    -- The id of the account that comes of it, and of the row in people. Several may wait for the
    -- same address: the one whose link is followed counts.
    id            text COLLATE "C" PRIMARY KEY,
    email         text             NOT NULL,
    email_key     text COLLATE "C" NOT NULL,
    role          text COLLATE "C" NOT NULL,
    establishment text COLLATE "C" NOT NULL,
    class_id      text COLLATE "C",
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

-- Of personal data no samples are kept (0002_people.sql).
ALTER TABLE accounts
    ALTER email SET STATISTICS 0,
    ALTER email_key SET STATISTICS 0,
    ALTER password_hash SET STATISTICS 0;
ALTER TABLE sign_ups
    ALTER email SET STATISTICS 0,
    ALTER email_key SET STATISTICS 0;
ALTER TABLE invitees
    ALTER email SET STATISTICS 0,
    ALTER email_key SET STATISTICS 0;
