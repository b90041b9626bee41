-- Seals over the log: each is a hash of the seal before it and of the events since (docs/audit.md).
CREATE TABLE seals
(
    number         integer NOT NULL PRIMARY KEY CHECK (number > 0),
    -- The last event that it covers, as the order of the log has it.
    transaction_id integer NOT NULL,
    position       integer NOT NULL,
    events         integer NOT NULL CHECK (events > 0),
    hash           text    NOT NULL CHECK (length(hash) = 64),
    sealed_at      text    NOT NULL
) STRICT;

CREATE TRIGGER seals_are_never_changed BEFORE UPDATE ON seals
BEGIN
    SELECT RAISE(ABORT, 'seals are never changed or removed');
END;
CREATE TRIGGER seals_are_never_removed BEFORE DELETE ON seals
BEGIN
    SELECT RAISE(ABORT, 'seals are never changed or removed');
END;
-- INSERT OR REPLACE removes a row without firing the trigger above.
CREATE TRIGGER seals_are_never_replaced BEFORE INSERT ON seals
    WHEN EXISTS (SELECT 1 FROM seals WHERE number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'this seal is there already');
END;
