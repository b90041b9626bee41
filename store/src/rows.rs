//! Many rows as the source of one writing statement.

use chrono::{DateTime, Utc};

/// Rows given to [`Conn::write`](crate::Conn::write), kept by column, as PostgreSQL wants them.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub(crate) columns: Vec<(&'static str, Column)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Column {
    Text(Vec<Option<String>>),
    Integer(Vec<Option<i64>>),
    Time(Vec<DateTime<Utc>>),
    Bytes(Vec<Vec<u8>>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Time(values) => values.len(),
            Self::Bytes(values) => values.len(),
        }
    }
}

impl Rows {
    /// No column yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of text that is always there.
    #[must_use]
    pub fn text<T: ToString>(
        self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        self.optional_text(name, values.into_iter().map(Some))
    }

    /// Adds a column of text that may be null.
    #[must_use]
    pub fn optional_text<T: ToString>(
        mut self,
        name: &'static str,
        values: impl IntoIterator<Item = Option<T>>,
    ) -> Self {
        let values = values
            .into_iter()
            .map(|value| value.map(|value| value.to_string()))
            .collect();
        self.columns.push((name, Column::Text(values)));
        self
    }

    /// Adds a column of whole numbers that are always there.
    #[must_use]
    pub fn integer(self, name: &'static str, values: impl IntoIterator<Item = i64>) -> Self {
        self.optional_integer(name, values.into_iter().map(Some))
    }

    /// Adds a column of whole numbers that may be null.
    #[must_use]
    pub fn optional_integer(
        mut self,
        name: &'static str,
        values: impl IntoIterator<Item = Option<i64>>,
    ) -> Self {
        self.columns
            .push((name, Column::Integer(values.into_iter().collect())));
        self
    }

    /// Adds a column of instants.
    #[must_use]
    pub fn time(
        mut self,
        name: &'static str,
        values: impl IntoIterator<Item = DateTime<Utc>>,
    ) -> Self {
        self.columns
            .push((name, Column::Time(values.into_iter().collect())));
        self
    }

    /// Adds a column of bytes.
    #[must_use]
    pub fn bytes(mut self, name: &'static str, values: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.columns
            .push((name, Column::Bytes(values.into_iter().collect())));
        self
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(name, _)| *name).collect()
    }

    pub(crate) fn len(&self) -> usize {
        let len = self.columns.first().map_or(0, |(_, column)| column.len());
        debug_assert!(
            self.columns.iter().all(|(_, column)| column.len() == len),
            "the columns of a row source have one length"
        );
        len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
