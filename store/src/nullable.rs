//! Columns that may be null, and hold a value of the domain where they are not.

/// Such a column of a row. A field of that type is read from it with
/// `#[sqlx(try_from = "Nullable<String>")]`, as one that is always there is with
/// `#[sqlx(try_from = "String")]`.
#[derive(sqlx::Type)]
#[sqlx(transparent)]
pub struct Nullable<T>(Option<T>);

macro_rules! from_nullable {
    ($column:ty) => {
        impl<T: TryFrom<$column>> TryFrom<Nullable<$column>> for Option<T> {
            type Error = T::Error;

            fn try_from(column: Nullable<$column>) -> Result<Self, Self::Error> {
                column.0.map(T::try_from).transpose()
            }
        }
    };
}

from_nullable!(String);
from_nullable!(i64);

#[cfg(test)]
mod tests {
    use domain::{ids::ClassId, values::SchoolYear};

    use super::*;
    use crate::{Store, StoreError, fetch_optional};

    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(try_from = "Nullable<String>")]
        class: Option<ClassId>,
        #[sqlx(try_from = "Nullable<i64>")]
        school_year: Option<SchoolYear>,
    }

    /// Somebody mended a row by hand, and slipped. Whoever reads it gets no made-up value, and whoever
    /// looks into it is told which column it is.
    #[tokio::test]
    async fn what_the_program_cannot_have_written_is_told_by_column() {
        let store = Store::connect("sqlite::memory:", Vec::new()).await.unwrap();
        let mut reader = store.reader().await.unwrap();
        let mut conn = reader.conn();
        let class = "0190a5b2-7c00-7000-8000-000000000001";
        let sql = "SELECT $1 AS class, $2 AS school_year";

        let row = fetch_optional!(&mut conn, Row, sql, Some(class), Some(2026)).unwrap();
        let row = row.unwrap();
        assert_eq!(row.class, Some(class.parse().unwrap()));
        assert_eq!(row.school_year, Some(SchoolYear::starting(2026).unwrap()));

        let row = fetch_optional!(&mut conn, Row, sql, None::<&str>, None::<i64>).unwrap();
        let row = row.unwrap();
        assert_eq!((row.class, row.school_year), (None, None));

        for (class, year, column) in [("3e A", 2026, "class"), (class, 26, "school_year")] {
            let read = fetch_optional!(&mut conn, Row, sql, Some(class), Some(year));
            let Err(StoreError::Damaged { stream, .. }) = read else {
                panic!("{class} and {year} were read");
            };
            assert!(stream.contains(column), "{stream}");
        }
    }
}
