//! The same SQL on both engines: macros and methods that run it on a connection to one or the other.

use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};

use crate::{Conn, Rows, StoreError, packed::PACKED, postgres, sqlite};

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
                let found = postgres::bind_rows(sqlx::query(&sql), rows)
                    .fetch_all(&mut **connection)
                    .await?;
                found.iter().map(R::from_row).collect::<Result<_, _>>()?
            }
            Self::Sqlite(connection) => {
                let sql = sql.replace("{rows}", &sqlite::rows_source(&rows));
                let found = sqlx::query(&sql)
                    .bind(sqlite::rows_json(rows)?)
                    .fetch_all(&mut **connection)
                    .await?;
                found.iter().map(R::from_row).collect::<Result<_, _>>()?
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
                postgres::bind_rows(sqlx::query(&sql), rows)
                    .execute(&mut **connection)
                    .await?
                    .rows_affected()
            }
            Self::Sqlite(connection) => {
                let sql = sql.replace("{rows}", &sqlite::rows_source(&rows));
                sqlx::query(&sql)
                    .bind(sqlite::rows_json(rows)?)
                    .execute(&mut **connection)
                    .await?
                    .rows_affected()
            }
        })
    }
}

/// Runs a statement on a `&mut Conn` and gives the number of rows it changed.
#[macro_export]
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $conn {
            $crate::Conn::Postgres(connection) => $crate::sqlx::query($sql)
                $(.bind($arg))*.execute(&mut **connection).await.map(|done| done.rows_affected()),
            $crate::Conn::Sqlite(connection) => $crate::sqlx::query($sql)
                $(.bind($arg))*.execute(&mut **connection).await.map(|done| done.rows_affected()),
        }
        .map_err($crate::StoreError::from)
    };
}

/// Runs a query on a `&mut Conn` and gives its rows as `$row` (a `FromRow` of both engines).
#[macro_export]
macro_rules! fetch_all {
    ($conn:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $conn {
            $crate::Conn::Postgres(connection) => $crate::sqlx::query_as::<_, $row>($sql)
                $(.bind($arg))*.fetch_all(&mut **connection).await,
            $crate::Conn::Sqlite(connection) => $crate::sqlx::query_as::<_, $row>($sql)
                $(.bind($arg))*.fetch_all(&mut **connection).await,
        }
        .map_err($crate::StoreError::from)
    };
}

/// Runs a query on a `&mut Conn` and gives its first row, if any, as `$row`.
#[macro_export]
macro_rules! fetch_optional {
    ($conn:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $conn {
            $crate::Conn::Postgres(connection) => $crate::sqlx::query_as::<_, $row>($sql)
                $(.bind($arg))*.fetch_optional(&mut **connection).await,
            $crate::Conn::Sqlite(connection) => $crate::sqlx::query_as::<_, $row>($sql)
                $(.bind($arg))*.fetch_optional(&mut **connection).await,
        }
        .map_err($crate::StoreError::from)
    };
}
