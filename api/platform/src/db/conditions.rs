use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A value that goes into a statement as a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    Text(String),
    Id(Uuid),
    Moment(DateTime<Utc>),
    Number(i64),
    /// A blind index.
    Bytes(Vec<u8>),
}

/// The WHERE part of a statement that is put together at run time: fixed words with parameters `$1, $2, …`, the same
/// on both engines. Values never become part of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    text: String,
    bounds: Vec<Bound>,
}

impl Conditions {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a condition that must hold too; each `?` in it stands for the next of the values.
    #[must_use]
    pub fn and(mut self, condition: &'static str, values: impl IntoIterator<Item = Bound>) -> Self {
        self.push(condition, values);
        self
    }

    /// Adds a condition when there is a value for its one `?`.
    #[must_use]
    pub fn and_where(self, condition: &'static str, value: Option<Bound>) -> Self {
        match value {
            Some(value) => self.and(condition, [value]),
            None => self,
        }
    }

    /// Adds that one of several values stands in a column; with none nothing is found.
    #[must_use]
    pub fn and_in(mut self, column: &'static str, values: Vec<Bound>) -> Self {
        let marks = vec!["?"; values.len()].join(", ");
        let condition = if values.is_empty() { "1 = 0".to_owned() } else { format!("{column} IN ({marks})") };
        self.push(&condition, values);
        self
    }

    pub(crate) fn push(&mut self, condition: &str, values: impl IntoIterator<Item = Bound>) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        let mut values = values.into_iter();
        for part in condition.split_inclusive('?') {
            let Some(words) = part.strip_suffix('?') else {
                self.text.push_str(part);
                continue;
            };
            self.text.push_str(words);
            if let Some(value) = values.next() {
                self.bounds.push(value);
                self.text.push('$');
                self.text.push_str(&self.bounds.len().to_string());
            }
        }
    }

    /// What stands after WHERE; always true without conditions.
    pub fn sql(&self) -> &str {
        if self.text.is_empty() { "1 = 1" } else { &self.text }
    }

    /// In the order of the parameters; see [`bind_all!`](crate::bind_all).
    pub fn bounds(&self) -> &[Bound] {
        &self.bounds
    }
}

/// Binds the values of [`Conditions`] to a query of either engine.
#[macro_export]
macro_rules! bind_all {
    ($query:expr, $conditions:expr) => {{
        let mut query = $query;
        for bound in $conditions.bounds() {
            query = match bound {
                $crate::db::Bound::Text(text) => query.bind(text.as_str()),
                $crate::db::Bound::Id(id) => query.bind(*id),
                $crate::db::Bound::Moment(moment) => query.bind(*moment),
                $crate::db::Bound::Number(number) => query.bind(*number),
                $crate::db::Bound::Bytes(bytes) => query.bind(bytes.as_slice()),
            };
        }
        query
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted_over_all_conditions() {
        let text = |text: &str| Bound::Text(text.into());
        let conditions = Conditions::new()
            .and("institution = ? AND department = ?", [text("H01"), text("'; DROP TABLE x; --")])
            .and_where("state = ?", None)
            .and_where("seq < ?", Some(Bound::Number(7)))
            .and_in("actor", vec![text("a"), text("b")]);
        assert_eq!(
            conditions.sql(),
            "institution = $1 AND department = $2 AND seq < $3 AND actor IN ($4, $5)"
        );
        assert_eq!(conditions.bounds().len(), 5);
        assert_eq!(Conditions::new().sql(), "1 = 1");
        assert_eq!(Conditions::new().and_in("actor", Vec::new()).sql(), "1 = 0");
    }
}
