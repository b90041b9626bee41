-- The event log: the one table that is the truth. Its first seven columns are those of sqlite-es,
-- so that a stock repository reads it.
CREATE TABLE events
(
    aggregate_type text    NOT NULL,
    aggregate_id   text    NOT NULL,
    sequence       integer NOT NULL CHECK (sequence > 0),
    event_type     text    NOT NULL,
    event_version  text    NOT NULL,
    payload        text    NOT NULL CHECK (json_valid(payload)),
    metadata       text    NOT NULL CHECK (json_valid(metadata)),
    -- AUTOINCREMENT: a position is never given twice, even if the newest event were removed.
    position       integer PRIMARY KEY AUTOINCREMENT,
    recorded_at    text    NOT NULL,
    establishment  text    NOT NULL,
    UNIQUE (aggregate_type, aggregate_id, sequence)
) STRICT;
CREATE INDEX events_establishment ON events (establishment, position);

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed or removed');
END;
CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed or removed');
END;
-- INSERT OR REPLACE removes a row without firing the trigger above. The store takes this message for
-- what it is in the ordinary case: somebody else appended to the stream.
CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events
    WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
      OR EXISTS (SELECT 1 FROM events
                 WHERE aggregate_type = NEW.aggregate_type
                   AND aggregate_id = NEW.aggregate_id
                   AND sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'this event is in the log already');
END;

-- Personal data stands here and nowhere in the log: erasing a person deletes a row.
CREATE TABLE people
(
    id         text NOT NULL PRIMARY KEY,
    first_name text NOT NULL,
    last_name  text NOT NULL,
    birth_date text,
    sort_key   text NOT NULL
) STRICT;
