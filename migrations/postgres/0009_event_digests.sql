-- A hash of what each event says, written with it (docs/audit.md); none beside events from before. Seals are
-- made over these. Older ones hold as they are.
ALTER TABLE events ADD COLUMN digest bytea;
ALTER TABLE seals ADD COLUMN format bigint NOT NULL DEFAULT 1;
