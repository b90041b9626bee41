-- Accounts and sessions: secrets, which never enter the log.
CREATE TABLE accounts
(
    -- The person's id: the same in events, in people and, for a pupil, as student.
    id            text NOT NULL PRIMARY KEY,
    email         text NOT NULL,
    email_key     text NOT NULL UNIQUE,
    role          text NOT NULL,
    password_hash text NOT NULL,
    created_at    text NOT NULL,
    -- Null until the address was proven.
    activated_at  text
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
