-- Requests that are carried out once however often they come, kept for a day. Of what was asked and answered
-- there is nothing in it that says who or what: hashes, ids of classes and invitations, counts.
CREATE TABLE requests_done
(
    key      text NOT NULL PRIMARY KEY,
    request  text NOT NULL,
    -- What the use case gave, as JSON.
    output   text NOT NULL,
    done_at  text NOT NULL
) STRICT;
CREATE INDEX requests_done_at ON requests_done (done_at);
