-- Read models: every row here follows from the log alone.
CREATE TABLE directory
(
    uai           text NOT NULL PRIMARY KEY,
    name          text NOT NULL,
    city          text NOT NULL,
    postal_code   text,
    department    text,
    academy       text,
    priority      text,
    mailbox       text,
    closed        integer NOT NULL,
    decision      text CHECK (decision IN ('admitted', 'excluded')),
    head          text,
    school_year   integer,
    -- Folded words of everything that a search may name, each after a space.
    search_text   text NOT NULL,
    name_key      text NOT NULL,
    city_key      text NOT NULL
) STRICT;

CREATE TABLE classes
(
    id            text NOT NULL PRIMARY KEY,
    establishment text NOT NULL,
    school_year   integer NOT NULL,
    name          text NOT NULL,
    name_key      text NOT NULL,
    track         text NOT NULL,
    version       integer NOT NULL
) STRICT;
CREATE UNIQUE INDEX classes_name ON classes (establishment, school_year, name_key);

CREATE TABLE class_main_teachers
(
    class_id      text NOT NULL,
    staff_id      text NOT NULL,
    PRIMARY KEY (class_id, staff_id)
) STRICT;
-- "Ma classe": one per member of staff.
CREATE UNIQUE INDEX class_main_teachers_staff ON class_main_teachers (staff_id);

CREATE TABLE roster
(
    student_id    text NOT NULL PRIMARY KEY,
    establishment text NOT NULL,
    class_id      text,
    registered_at text NOT NULL
) STRICT;
CREATE INDEX roster_class ON roster (establishment, class_id);

CREATE TABLE staff
(
    staff_id      text NOT NULL PRIMARY KEY,
    establishment text NOT NULL,
    role          text NOT NULL,
    joined_at     text NOT NULL
) STRICT;
CREATE INDEX staff_establishment ON staff (establishment);

-- The invitations that nobody has followed yet.
CREATE TABLE invitations
(
    id              text NOT NULL PRIMARY KEY,
    establishment   text NOT NULL,
    role            text NOT NULL,
    class_id        text,
    invited_at      text NOT NULL
) STRICT;
CREATE INDEX invitations_establishment ON invitations (establishment);

-- What each run of the yearly reset did in each establishment.
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

-- What came, went and moved in the whole service in each week, counted from the log a little later.
CREATE TABLE figures
(
    -- How many weeks after that of Monday 29 December 1969.
    week           integer NOT NULL PRIMARY KEY,
    -- Registered in it.
    establishments integer NOT NULL,
    -- More classes, or fewer.
    classes        integer NOT NULL,
    -- More pupils, or fewer.
    pupils         integer NOT NULL,
    -- How often a pupil changed class.
    moves          integer NOT NULL
) STRICT;

-- Up to which event of the log they are counted.
CREATE TABLE figures_place
(
    transaction_id integer NOT NULL,
    position       integer NOT NULL
) STRICT;
INSERT INTO figures_place VALUES (0, 0);
