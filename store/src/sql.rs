//! The same SQL on both engines: macros and methods that run it on a connection to one or the other.

use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};

use crate::{
    Conn, Rows, StoreError,
    packed::PACKED,
    postgres,
    run::{self, read},
    sqlite,
};

impl Conn<'_> {
    /// What of the log makes a [`LoggedEvent`](crate::LoggedEvent).
    #[must_use]
    pub const fn log_columns(&self) -> &'static str {
        match self {
            Self::Postgres(_) => postgres::LOG_COLUMNS,
            Self::Sqlite(_) => PACKED,
        }
    }

    /// The order of the log, to sort by.
    #[must_use]
    pub const fn log_order(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "transaction_id, position",
            Self::Sqlite(_) => "position",
        }
    }

    /// The condition of events that no reader of the log comes by, which begins at the default
    /// [`Checkpoint`](crate::Checkpoint).
    #[must_use]
    pub const fn before_log(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "(transaction_id, position) <= (0, 0)",
            Self::Sqlite(_) => "position <= 0",
        }
    }

    /// Runs one query about many rows: `{rows}` in `sql` stands for them, a table named `rows`. Asks
    /// nothing when there are none.
    pub async fn read<R>(&mut self, sql: &str, rows: Rows) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow>,
    {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        Ok(match self {
            Self::Postgres(connection) => {
                let sql = sql.replace("{rows}", &postgres::rows_source(&rows, 0));
                let query = postgres::bind_rows(sqlx::query(&sql), rows);
                read(&run::postgres::all(connection, query).await?)?
            }
            Self::Sqlite(connection) => {
                let sql = sql.replace("{rows}", &sqlite::rows_source(&rows));
                let query = sqlx::query(&sql).bind(sqlite::rows_json(rows)?);
                read(&run::sqlite::all(connection, query).await?)?
            }
        })
    }

    /// Runs one writing statement over many rows: `{rows}` in `sql` stands for them, a table named
    /// `rows`. Does nothing when there are none. Returns how many rows were written.
    pub async fn write(&mut self, sql: &str, rows: Rows) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        Ok(match self {
            Self::Postgres(connection) => {
                let sql = sql.replace("{rows}", &postgres::rows_source(&rows, 0));
                let query = postgres::bind_rows(sqlx::query(&sql), rows);
                run::postgres::execute(connection, query).await?
            }
            Self::Sqlite(connection) => {
                let sql = sql.replace("{rows}", &sqlite::rows_source(&rows));
                let query = sqlx::query(&sql).bind(sqlite::rows_json(rows)?);
                run::sqlite::execute(connection, query).await?
            }
        })
    }
}

/// Runs a statement on a `&mut Conn` and gives the number of rows it changed.
#[macro_export]
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $conn {
            $crate::Conn::Postgres(connection) => {
                $crate::run::postgres::execute(connection, $crate::sqlx::query($sql)$(.bind($arg))*).await
            }
            $crate::Conn::Sqlite(connection) => {
                $crate::run::sqlite::execute(connection, $crate::sqlx::query($sql)$(.bind($arg))*).await
            }
        }
    };
}

/// Runs a query on a `&mut Conn` and gives its rows as `$row` (a `FromRow` of both engines).
#[macro_export]
macro_rules! fetch_all {
    ($conn:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $conn {
            $crate::Conn::Postgres(connection) => {
                $crate::run::postgres::all(connection, $crate::sqlx::query($sql)$(.bind($arg))*)
                    .await
                    .and_then(|rows| $crate::run::read::<_, $row>(&rows))
            }
            $crate::Conn::Sqlite(connection) => {
                $crate::run::sqlite::all(connection, $crate::sqlx::query($sql)$(.bind($arg))*)
                    .await
                    .and_then(|rows| $crate::run::read::<_, $row>(&rows))
            }
        }
    };
}

/// Runs a query on a `&mut Conn` and gives its first row, if any, as `$row`.
#[macro_export]
macro_rules! fetch_optional {
    ($conn:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $conn {
            $crate::Conn::Postgres(connection) => {
                $crate::run::postgres::first(connection, $crate::sqlx::query($sql)$(.bind($arg))*)
                    .await
                    .and_then(|row| $crate::run::read_one::<_, $row>(row.as_ref()))
            }
            $crate::Conn::Sqlite(connection) => {
                $crate::run::sqlite::first(connection, $crate::sqlx::query($sql)$(.bind($arg))*)
                    .await
                    .and_then(|row| $crate::run::read_one::<_, $row>(row.as_ref()))
            }
        }
    };
}
