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
    -- SHA-256 of what the event says, written with it: seals are made over these (docs/audit.md).
    digest         blob    NOT NULL,
    UNIQUE (aggregate_type, aggregate_id, sequence)
) STRICT;
CREATE INDEX events_establishment ON events (establishment, position);
-- Whom an erasure concerns is found in the log. These hold the few events that are asked for only, and
-- cost nothing to any other.
CREATE INDEX events_departures ON events (recorded_at)
    WHERE event_type IN ('StudentRejected', 'StudentReleased');
CREATE INDEX events_arrivals_of_staff ON events (position) WHERE event_type = 'StaffJoined';
CREATE INDEX events_erasures ON events (position)
    WHERE event_type IN ('StudentErased', 'StaffErased');

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
