-- Personal data stands here and nowhere in the log: erasing a person deletes a row.
CREATE TABLE people
(
    id         text COLLATE "C" PRIMARY KEY,
    first_name text             NOT NULL,
    last_name  text             NOT NULL,
    birth_date text COLLATE "C"
);

-- PostgreSQL keeps samples of what stands in a column (pg_statistic), and keeps them when the rows go: an
-- erased name would stay there. So none are taken of personal data.
ALTER TABLE people
    ALTER first_name SET STATISTICS 0,
    ALTER last_name SET STATISTICS 0,
    ALTER birth_date SET STATISTICS 0;
