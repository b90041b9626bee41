-- Read model: what each run of the yearly reset did in each establishment.
CREATE TABLE resets
(
    run           text    NOT NULL,
    establishment text    NOT NULL,
    school_year   integer NOT NULL,
    classes       integer NOT NULL,
    students      integer NOT NULL,
    opened_at     text    NOT NULL,
    actor_id      text    NOT NULL,
    actor_role    text    NOT NULL,
    PRIMARY KEY (run, establishment)
) STRICT;
