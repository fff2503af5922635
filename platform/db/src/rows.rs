//! Many rows in one statement, with one SQL text for both databases.
//!
//! A single-row statement costs tens of microseconds, a row of a 500-row `VALUES` about one.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use crate::DbError;

/// A statement with its arguments.
pub type Query = sqlx::query::Query<'static, Any, AnyArguments>;

/// SQLite takes at most 32,766 parameters a statement, PostgreSQL 65,535.
const MOST_PARAMETERS: usize = 32_000;
/// Beyond this, longer statements no longer save anything.
const MOST_ROWS: usize = 500;

/// A statement whose text was put together; values belong into parameters, never into the text.
pub fn sql(text: String) -> Query {
    sqlx::query(AssertSqlSafe(text))
}

/// A value of a column. An absent one says of which type, because PostgreSQL asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// TEXT.
    Text(Option<String>),
    /// BIGINT.
    Int(Option<i64>),
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

fn bind(query: Query, value: Value) -> Query {
    match value {
        Value::Text(text) => query.bind(text),
        Value::Int(int) => query.bind(int),
    }
}

/// Rows for one `INSERT .. VALUES (..), (..) ..`, sent in statements of at most 500 rows.
#[derive(Debug)]
pub struct Batch {
    head: String,
    columns: usize,
    tail: String,
    values: Vec<Value>,
}

impl Batch {
    /// A batch of `{head} VALUES (..), (..) {tail}` with so many columns, as
    /// `Batch::new("INSERT INTO t (a, b)", 2, "ON CONFLICT (a) DO UPDATE SET b = excluded.b")`.
    pub fn new(head: impl Into<String>, columns: usize, tail: impl Into<String>) -> Self {
        Self { head: head.into(), columns: columns.max(1), tail: tail.into(), values: Vec::new() }
    }

    /// Adds a row; the array's length must be the number of columns.
    pub fn push<const N: usize>(&mut self, row: [Value; N]) {
        debug_assert_eq!(N, self.columns, "{}", self.head);
        self.values.extend(row);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Sends all rows and returns how many were affected.
    pub async fn run_in(self, connection: &mut AnyConnection) -> Result<u64, DbError> {
        let mut affected = 0;
        for query in self.queries(Marks::of(connection)) {
            affected += query.execute(&mut *connection).await?.rows_affected();
        }
        Ok(affected)
    }

    /// Sends all rows and returns what `RETURNING` in the tail gives back, in no certain order.
    pub async fn fetch_in(self, connection: &mut AnyConnection) -> Result<Vec<AnyRow>, DbError> {
        let mut rows = Vec::with_capacity(self.len());
        for query in self.queries(Marks::of(connection)) {
            rows.append(&mut query.fetch_all(&mut *connection).await?);
        }
        Ok(rows)
    }

    fn queries(self, marks: Marks) -> impl Iterator<Item = Query> {
        let rows_each = (MOST_PARAMETERS / self.columns).clamp(1, MOST_ROWS);
        let Self { head, columns, tail, values } = self;
        let mut values = values.into_iter();
        std::iter::from_fn(move || {
            let rows = (values.len() / columns).min(rows_each);
            if rows == 0 {
                return None;
            }
            // A full statement comes again and is worth keeping prepared; rests have a length of their own.
            let query =
                sql(text(&head, columns, rows, &tail, marks)).persistent(rows == rows_each || rows == 1);
            Some(values.by_ref().take(rows * columns).fold(query, bind))
        })
    }
}

/// How a statement marks its parameters.
///
/// For SQLite `$1` is a name, and the driver looks the name of each parameter up in a list of all: thousands of
/// them cost more than the rows. A plain `?` has no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    Plain,
    Numbered,
}

impl Marks {
    fn of(connection: &AnyConnection) -> Self {
        if connection.backend_name() == "SQLite" { Self::Plain } else { Self::Numbered }
    }
}

fn text(head: &str, columns: usize, rows: usize, tail: &str, marks: Marks) -> String {
    let mut text = String::with_capacity(head.len() + tail.len() + rows * columns * 7 + 16);
    text.push_str(head);
    text.push_str(" VALUES ");
    let mut parameter = 0;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            parameter += 1;
            text.push_str(if column == 0 { "" } else { ", " });
            match marks {
                Marks::Plain => text.push('?'),
                Marks::Numbered => text.push_str(&format!("${parameter}")),
            }
        }
        text.push(')');
    }
    text.push(' ');
    text.push_str(tail);
    text
}

/// Values of an `IN (..)`.
///
/// The list is filled up to a power of two by repeating its last value, so that a statement has ten texts at
/// most and stays prepared.
#[derive(Clone, Copy, Debug)]
pub struct InList<'a, T> {
    values: &'a [T],
}

impl<'a, T: Clone + Into<Value>> InList<'a, T> {
    /// Lists of at most 500 values that together are `values`; none when there is no value.
    pub fn chunks(values: &'a [T]) -> impl Iterator<Item = Self> + use<'a, T> {
        values.chunks(MOST_ROWS).map(|values| Self { values })
    }

    /// The values of this list.
    pub fn values(&self) -> &'a [T] {
        self.values
    }

    /// `(VALUES ($2), ($3), ..)`, where `first` is the number of its first parameter.
    ///
    /// PostgreSQL looks a list of parameters up row by row in a whole table until that has statistics; rows of
    /// values it joins by index or hash.
    pub fn sql(&self, first: usize) -> String {
        let numbers: Vec<String> =
            (first..first + self.width()).map(|number| format!("(${number})")).collect();
        format!("(VALUES {})", numbers.join(", "))
    }

    /// Binds the values as the next parameters.
    pub fn bind(&self, query: Query) -> Query {
        let last = self.values.last().into_iter().cycle();
        self.values
            .iter()
            .chain(last)
            .take(self.width())
            .fold(query, |query, value| bind(query, value.clone().into()))
    }

    /// How many parameters [`bind`](Self::bind) fills.
    pub fn width(&self) -> usize {
        self.values.len().next_power_of_two()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::for_each_backend;

    #[test]
    fn the_text_numbers_parameters_row_by_row() {
        assert_eq!(
            text("INSERT INTO t (a, b)", 2, 2, "RETURNING a", Marks::Numbered),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) RETURNING a"
        );
    }

    #[test]
    fn a_list_is_filled_up_to_a_power_of_two() {
        let ids = [1i64, 2, 3];
        let list = InList::chunks(&ids).next().unwrap();
        assert_eq!(list.sql(2), "(VALUES ($2), ($3), ($4), ($5))");
        assert_eq!(InList::chunks(&[] as &[i64]).count(), 0);
        assert_eq!(InList::chunks(&[7i64; 1001]).count(), 3);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn thousands_of_rows_go_in_and_come_back() {
        for_each_backend(&[], async |db| {
            let mut tx = db.begin().await.unwrap();
            sqlx::query("CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT, c BIGINT)")
                .execute(&mut *tx)
                .await
                .unwrap();
            let mut batch = Batch::new("INSERT INTO t (a, b, c)", 3, "ON CONFLICT (a) DO NOTHING");
            for number in 0..1234i64 {
                let text = (number % 2 == 0).then(|| number.to_string());
                batch.push([number.into(), text.into(), Value::Int(None)]);
            }
            assert_eq!(batch.len(), 1234);
            assert_eq!(batch.run_in(&mut tx).await.unwrap(), 1234);

            let ids: Vec<i64> = (1000..1300).collect();
            let mut found = 0;
            for list in InList::chunks(&ids) {
                let query = sql(format!("SELECT a FROM t WHERE a IN {}", list.sql(1)));
                found += list.bind(query).fetch_all(&mut *tx).await.unwrap().len();
            }
            assert_eq!(found, 234);
            let nulls: (i64,) =
                sqlx::query_as("SELECT COUNT(*) FROM t WHERE b IS NULL").fetch_one(&mut *tx).await.unwrap();
            assert_eq!(nulls.0, 617);
            tx.rollback().await.unwrap();
        })
        .await;
    }
}
