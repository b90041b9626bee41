-- Accounts, and what leads to them: secrets, which never enter the log. An account is there once its address was
-- proven; until then there is a sign-up.
CREATE TABLE accounts
(
    -- The person's id: the same in events, in people and, for a pupil, as student.
    id            text NOT NULL PRIMARY KEY,
    email         text NOT NULL,
    email_key     text NOT NULL UNIQUE,
    role          text NOT NULL,
    password_hash text NOT NULL,
    created_at    text NOT NULL
) STRICT;

CREATE TABLE sessions
(
    -- SHA-256 of the token, in hexadecimal: the token itself is only in its owner's hands.
    token_hash    text NOT NULL PRIMARY KEY,
    account_id    text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at    text NOT NULL,
    last_used_at  text NOT NULL
) STRICT;
CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE sign_ups
(
    -- The id of the account that comes of it, and of the row in people. Several may wait for the
    -- same address: the one whose link is followed counts.
    id              text NOT NULL PRIMARY KEY,
    email           text NOT NULL,
    email_key       text NOT NULL,
    role            text NOT NULL,
    establishment   text NOT NULL,
    class_id        text,
    created_at      text NOT NULL
) STRICT;
CREATE INDEX sign_ups_email ON sign_ups (email_key, id);

-- Whom an invitation went to; its name is in people, under its own id.
CREATE TABLE invitees
(
    invitation_id   text NOT NULL PRIMARY KEY,
    establishment   text NOT NULL,
    email           text NOT NULL,
    email_key       text NOT NULL,
    expires_at      text NOT NULL
) STRICT;
CREATE UNIQUE INDEX invitees_email ON invitees (establishment, email_key);

CREATE TABLE tokens
(
    -- SHA-256 of the token, in hexadecimal: the token itself is only in a message.
    token_hash      text NOT NULL PRIMARY KEY,
    purpose         text NOT NULL,
    -- The sign-up, the account or the invitation it is for.
    subject         text NOT NULL,
    -- The message that carries it: sent twice, it carries two tokens, either of which counts.
    message_id      text NOT NULL,
    expires_at      text NOT NULL
) STRICT;
CREATE INDEX tokens_subject ON tokens (subject, purpose);

-- Who signed in and who failed to: ids only, kept for twelve months.
CREATE TABLE sign_ins
(
    id              text NOT NULL PRIMARY KEY,
    -- Null when the address is nobody's.
    account_id      text,
    outcome         text NOT NULL,
    correlation_id  text NOT NULL,
    recorded_at     text NOT NULL
) STRICT;
CREATE INDEX sign_ins_account ON sign_ins (account_id, recorded_at);
CREATE INDEX sign_ins_age ON sign_ins (recorded_at);
