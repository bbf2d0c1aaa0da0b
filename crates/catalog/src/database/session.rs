//! A transaction on either database, its parameters and rows.

use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Decode, Postgres, Row as _, Sqlite, Transaction, Type};

/// A parameter of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Arg<'a> {
    Int(i64),
    /// A number or NULL.
    MaybeInt(Option<i64>),
    Text(&'a str),
    /// A text or NULL.
    Maybe(Option<&'a str>),
    Bytes(&'a [u8]),
}

/// A row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column, counted from 0.
    pub(crate) fn get<T>(&self, column: usize) -> Result<T, sqlx::Error>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}

/// A transaction. Dropped without [`Session::commit`] it leaves nothing.
pub(crate) enum Session {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Session {
    /// Runs a statement; answers how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(session) => Ok(sqlite(sql, args).execute(&mut **session).await?.rows_affected()),
            Self::Postgres(session) => Ok(postgres(sql, args).execute(&mut **session).await?.rows_affected()),
        }
    }

    /// All rows of a statement. Bound their number in the statement.
    pub(crate) async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite(session) => sqlite_rows(session, sql, args).await,
            Self::Postgres(session) => postgres_rows(session, sql, args).await,
        }
    }

    /// The first row of a statement.
    pub(crate) async fn row(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Row>, sqlx::Error> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Makes the changes durable and visible.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(session) => session.commit().await,
            Self::Postgres(session) => session.commit().await,
        }
    }
}

pub(super) async fn sqlite_rows(
    connection: &mut SqliteConnection,
    sql: &'static str,
    args: &[Arg<'_>],
) -> Result<Vec<Row>, sqlx::Error> {
    Ok(sqlite(sql, args).fetch_all(connection).await?.into_iter().map(Row::Sqlite).collect())
}

pub(super) async fn postgres_rows(
    connection: &mut PgConnection,
    sql: &'static str,
    args: &[Arg<'_>],
) -> Result<Vec<Row>, sqlx::Error> {
    Ok(postgres(sql, args).fetch_all(connection).await?.into_iter().map(Row::Postgres).collect())
}

fn sqlite<'q>(sql: &'static str, args: &[Arg<'q>]) -> Query<'q, Sqlite, SqliteArguments> {
    args.iter().fold(sqlx::query(sql), |query, arg| match arg {
        Arg::Int(value) => query.bind(*value),
        Arg::MaybeInt(value) => query.bind(*value),
        Arg::Text(value) => query.bind(*value),
        Arg::Maybe(value) => query.bind(*value),
        Arg::Bytes(value) => query.bind(*value),
    })
}

fn postgres<'q>(sql: &'static str, args: &[Arg<'q>]) -> Query<'q, Postgres, PgArguments> {
    args.iter().fold(sqlx::query(sql), |query, arg| match arg {
        Arg::Int(value) => query.bind(*value),
        Arg::MaybeInt(value) => query.bind(*value),
        Arg::Text(value) => query.bind(*value),
        Arg::Maybe(value) => query.bind(*value),
        Arg::Bytes(value) => query.bind(*value),
    })
}
