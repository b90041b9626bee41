-- Read models: every row here follows from the log alone.
CREATE TABLE directory
(
    uai           text COLLATE "C" PRIMARY KEY,
    name          text             NOT NULL,
    city          text             NOT NULL,
    postal_code   text COLLATE "C",
    department    text,
    academy       text,
    priority      text COLLATE "C",
    mailbox       text,
    closed        bigint           NOT NULL,
    decision      text COLLATE "C" CHECK (decision IN ('admitted', 'excluded')),
    head          text COLLATE "C",
    school_year   bigint,
    -- Folded words of everything that a search may name, each after a space.
    search_text   text COLLATE "C" NOT NULL,
    name_key      text COLLATE "C" NOT NULL,
    city_key      text COLLATE "C" NOT NULL
);

CREATE TABLE classes
(
    id            text COLLATE "C" PRIMARY KEY,
    establishment text COLLATE "C" NOT NULL,
    school_year   bigint           NOT NULL,
    name          text             NOT NULL,
    name_key      text COLLATE "C" NOT NULL,
    track         text COLLATE "C" NOT NULL,
    version       bigint           NOT NULL
);
CREATE UNIQUE INDEX classes_name ON classes (establishment, school_year, name_key);

CREATE TABLE class_main_teachers
(
    class_id text COLLATE "C" NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (class_id, staff_id)
);
-- "Ma classe": one per member of staff.
CREATE UNIQUE INDEX class_main_teachers_staff ON class_main_teachers (staff_id);

CREATE TABLE roster
(
    student_id    text COLLATE "C" PRIMARY KEY,
    establishment text COLLATE "C" NOT NULL,
    class_id      text COLLATE "C",
    registered_at timestamptz      NOT NULL
);
CREATE INDEX roster_class ON roster (establishment, class_id);

CREATE TABLE staff
(
    staff_id      text COLLATE "C" PRIMARY KEY,
    establishment text COLLATE "C" NOT NULL,
    role          text COLLATE "C" NOT NULL,
    joined_at     timestamptz      NOT NULL
);
CREATE INDEX staff_establishment ON staff (establishment);

-- The invitations that nobody has followed yet.
CREATE TABLE invitations
(
    id            text COLLATE "C" PRIMARY KEY,
    establishment text COLLATE "C" NOT NULL,
    role          text COLLATE "C" NOT NULL,
    class_id      text COLLATE "C",
    invited_at    timestamptz      NOT NULL
);
CREATE INDEX invitations_establishment ON invitations (establishment);

-- What each run of the yearly reset did in each establishment.
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

-- What came, went and moved in the whole service in each week, counted from the log a little later.
CREATE TABLE figures
(
    -- How many weeks after that of Monday 29 December 1969.
    week           bigint PRIMARY KEY,
    -- Registered in it.
    establishments bigint NOT NULL,
    -- More classes, or fewer.
    classes        bigint NOT NULL,
    -- More pupils, or fewer.
    pupils         bigint NOT NULL,
    -- How often a pupil changed class.
    moves          bigint NOT NULL
);

-- Up to which event of the log they are counted.
CREATE TABLE figures_place
(
    transaction_id bigint NOT NULL,
    position       bigint NOT NULL
);
INSERT INTO figures_place VALUES (0, 0);
