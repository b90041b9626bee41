-- Personal data stands here and nowhere in the log: erasing a person deletes a row.
CREATE TABLE people
(
    id         text NOT NULL PRIMARY KEY,
    first_name text NOT NULL,
    last_name  text NOT NULL,
    birth_date text
) STRICT;
