-- Accounts and sessions: secrets, which never enter the log.
CREATE TABLE accounts
(
    -- The person's id: the same in events, in people and, for a pupil, as student.
    id            text COLLATE "C" PRIMARY KEY,
    email         text             NOT NULL,
    email_key     text COLLATE "C" NOT NULL CONSTRAINT accounts_email UNIQUE,
    role          text COLLATE "C" NOT NULL,
    password_hash text             NOT NULL,
    created_at    timestamptz      NOT NULL,
    -- Null until the address was proven.
    activated_at  timestamptz
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
