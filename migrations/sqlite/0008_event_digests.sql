-- A hash of what each event says, written with it (docs/audit.md); none beside events from before. Seals are
-- made over these. Older ones hold as they are.
ALTER TABLE events ADD COLUMN digest blob;
ALTER TABLE seals ADD COLUMN format integer NOT NULL DEFAULT 1;
