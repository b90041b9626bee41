-- The event log: the one table that is the truth. Its first seven columns are those of postgres-es,
-- so that a stock repository reads it.
CREATE TABLE events
(
    aggregate_type text COLLATE "C" NOT NULL,
    aggregate_id   text COLLATE "C" NOT NULL,
    sequence       bigint           NOT NULL CHECK (sequence > 0),
    event_type     text COLLATE "C" NOT NULL,
    event_version  text COLLATE "C" NOT NULL,
    payload        json             NOT NULL,
    metadata       json             NOT NULL,
    position       bigint GENERATED ALWAYS AS IDENTITY,
    recorded_at    timestamptz      NOT NULL,
    establishment  text COLLATE "C" NOT NULL,
    -- A reader never passes a transaction that is still under way: it would skip what that commits.
    transaction_id bigint           NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    -- SHA-256 of what the event says, written with it: seals are made over these (docs/audit.md).
    digest         bytea            NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (aggregate_type, aggregate_id, sequence)
);
CREATE UNIQUE INDEX events_order ON events (transaction_id, position);
CREATE INDEX events_establishment ON events (establishment, position);
-- Whom an erasure concerns is found in the log. These hold the few events that are asked for only, and
-- cost nothing to any other.
CREATE INDEX events_departures ON events (recorded_at)
    WHERE event_type IN ('StudentRejected', 'StudentReleased');
CREATE INDEX events_arrivals_of_staff ON events (position) WHERE event_type = 'StaffJoined';
CREATE INDEX events_erasures ON events (position)
    WHERE event_type IN ('StudentErased', 'StaffErased');

CREATE FUNCTION events_are_forever() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION 'events are never changed or removed';
END
$$;
CREATE TRIGGER events_are_forever BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_forever();
