//! Running a statement, whatever it is: the drivers are compiled here, once, and not again for every query
//! and every crate that has one.

use sqlx::{FromRow, Row};

use crate::StoreError;

macro_rules! engine {
    ($engine:ident, $connection:ty, $database:ty) => {
        pub mod $engine {
            use futures::future::BoxFuture;
            use sqlx::{Database, Executor as _, query::Query};

            use crate::StoreError;

            type Statement<'q> = Query<'q, $database, <$database as Database>::Arguments<'q>>;
            type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

            pub fn execute<'a>(
                connection: &'a mut $connection,
                query: Statement<'a>,
            ) -> Answer<'a, u64> {
                Box::pin(async move { Ok(connection.execute(query).await?.rows_affected()) })
            }

            pub fn all<'a>(
                connection: &'a mut $connection,
                query: Statement<'a>,
            ) -> Answer<'a, Vec<<$database as Database>::Row>> {
                Box::pin(async move { Ok(connection.fetch_all(query).await?) })
            }

            pub fn first<'a>(
                connection: &'a mut $connection,
                query: Statement<'a>,
            ) -> Answer<'a, Option<<$database as Database>::Row>> {
                Box::pin(async move { Ok(connection.fetch_optional(query).await?) })
            }
        }
    };
}

engine!(postgres, sqlx::PgConnection, sqlx::Postgres);
engine!(sqlite, sqlx::SqliteConnection, sqlx::Sqlite);

/// The rows, as what they are.
pub fn read<R: Row, T: for<'r> FromRow<'r, R>>(rows: &[R]) -> Result<Vec<T>, StoreError> {
    Ok(rows.iter().map(T::from_row).collect::<Result<_, _>>()?)
}

/// The row, if there is one, as what it is.
pub fn read_one<R: Row, T: for<'r> FromRow<'r, R>>(
    row: Option<&R>,
) -> Result<Option<T>, StoreError> {
    Ok(row.map(T::from_row).transpose()?)
}
