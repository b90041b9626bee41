-- Seals over the log: each is a hash of the seal before it and of the events since (docs/audit.md).
CREATE TABLE seals
(
    number         bigint           NOT NULL PRIMARY KEY CHECK (number > 0),
    -- The last event that it covers, as the order of the log has it.
    transaction_id bigint           NOT NULL,
    position       bigint           NOT NULL,
    events         bigint           NOT NULL CHECK (events > 0),
    hash           text COLLATE "C" NOT NULL CHECK (length(hash) = 64),
    sealed_at      timestamptz      NOT NULL
);

CREATE FUNCTION seals_are_forever() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION 'seals are never changed or removed';
END
$$;
CREATE TRIGGER seals_are_forever BEFORE UPDATE OR DELETE OR TRUNCATE ON seals
    FOR EACH STATEMENT EXECUTE FUNCTION seals_are_forever();
