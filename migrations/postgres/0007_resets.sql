-- Read model: what each run of the yearly reset did in each establishment.
CREATE TABLE resets
(
    run           text COLLATE "C" NOT NULL,
    establishment text COLLATE "C" NOT NULL,
    school_year   bigint           NOT NULL,
    classes       bigint           NOT NULL,
    students      bigint           NOT NULL,
    opened_at     timestamptz      NOT NULL,
    actor_id      text COLLATE "C" NOT NULL,
    actor_role    text COLLATE "C" NOT NULL,
    PRIMARY KEY (run, establishment)
);
