//! The bare server: axum and sqlx with the fewest statements that could be called a shop. No rules, no taxes, no
//! texts, no keys, no holds: what nobody who keeps the same data can be faster than.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use sqlx::Row as _;
use vitrine_db::{Db, Tx, sql};

const TABLES: [&str; 4] = [
    "CREATE TABLE goods (sku TEXT PRIMARY KEY, minor BIGINT NOT NULL, free BIGINT NOT NULL)",
    "CREATE TABLE cart (token TEXT PRIMARY KEY, sku TEXT NOT NULL, quantity BIGINT NOT NULL)",
    "CREATE TABLE sale (id TEXT PRIMARY KEY, total BIGINT NOT NULL, details TEXT NOT NULL)",
    "CREATE TABLE payment (id TEXT PRIMARY KEY, amount BIGINT NOT NULL)",
];
/// Goods written at once.
const BATCH: u64 = 100;

struct Bare {
    db: Db,
    next: AtomicU64,
}

type Answer = Result<(StatusCode, Json<Value>), StatusCode>;

/// Makes the tables and serves until it is killed.
pub(crate) async fn serve(url: &str, products: u64) -> Result<()> {
    let db = Db::open(url).await?;
    fill(&db, products).await?;
    let bare = Arc::new(Bare { db, next: AtomicU64::new(0) });
    let router = Router::new()
        .route("/readyz", get(|| async {}))
        .route("/api/v1/de/stock", get(stock))
        .route("/api/v1/de/cart/lines", post(add))
        .route("/api/v1/de/checkout/quote", post(quote))
        .route("/api/v1/de/checkout/orders", post(order))
        .with_state(bare);
    let port = std::env::var("PORT").context("no PORT")?;
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    Ok(axum::serve(listener, router).await?)
}

async fn fill(db: &Db, products: u64) -> Result<()> {
    let mut tx = db.begin().await?;
    for table in TABLES {
        sql(table.to_owned()).execute(&mut *tx).await?;
    }
    for first in (0..products).step_by(BATCH as usize) {
        let numbers = first..(first + BATCH).min(products);
        let rows = numbers
            .flat_map(|number| ["s", "m", "l"].map(|size| format!("('P{number}-{size}', 4990, 1000000)")));
        let rows = rows.collect::<Vec<_>>().join(", ");
        sql(format!("INSERT INTO goods VALUES {rows}")).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}

/// Nobody is told more of a failure here.
fn failed(_: impl std::fmt::Debug) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn stock(State(bare): State<Arc<Bare>>, RawQuery(query): RawQuery) -> Answer {
    let sku = query.unwrap_or_default().trim_start_matches("sku=").to_owned();
    let query = sql("SELECT minor, free FROM goods WHERE sku = $1".to_owned()).bind(sku.clone());
    let row = query.fetch_one(bare.db.reader()).await.map_err(failed)?;
    let (minor, free): (i64, i64) = (row.get("minor"), row.get("free"));
    Ok((StatusCode::OK, Json(json!([{ "sku": sku, "price": { "minor": minor }, "free": free }]))))
}

async fn add(State(bare): State<Arc<Bare>>, body: Bytes) -> Answer {
    let line: Value = serde_json::from_slice(&body).map_err(failed)?;
    let sku = line["sku"].as_str().unwrap_or_default().to_owned();
    let token = format!("{:032x}", bare.next.fetch_add(1, Ordering::Relaxed));
    let mut tx = bare.db.begin().await.map_err(failed)?;
    let minor = price(&mut tx, &sku).await?;
    let query = sql("INSERT INTO cart (token, sku, quantity) VALUES ($1, $2, 1)".to_owned());
    query.bind(token.clone()).bind(sku.clone()).execute(&mut *tx).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok((StatusCode::CREATED, Json(json!({ "token": token, "lines": [{ "sku": sku, "minor": minor }] }))))
}

async fn price(tx: &mut Tx, sku: &str) -> Result<i64, StatusCode> {
    let query = sql("SELECT minor FROM goods WHERE sku = $1".to_owned()).bind(sku.to_owned());
    Ok(query.fetch_one(&mut **tx).await.map_err(failed)?.get("minor"))
}

fn cart_of(headers: &HeaderMap) -> String {
    headers.get("vitrine-cart").and_then(|token| token.to_str().ok()).unwrap_or_default().to_owned()
}

async fn quote(State(bare): State<Arc<Bare>>, headers: HeaderMap) -> Answer {
    let query = sql("SELECT minor FROM cart JOIN goods ON goods.sku = cart.sku WHERE token = $1".to_owned());
    let row = query.bind(cart_of(&headers)).fetch_one(bare.db.reader()).await.map_err(failed)?;
    let minor: i64 = row.get("minor");
    Ok((StatusCode::OK, Json(json!({ "totals": { "total": { "minor": minor } } }))))
}

async fn order(State(bare): State<Arc<Bare>>, headers: HeaderMap, body: Bytes) -> Answer {
    let (id, details) = (cart_of(&headers), String::from_utf8_lossy(&body).into_owned());
    let mut tx = bare.db.begin().await.map_err(failed)?;
    let query = sql("DELETE FROM cart WHERE token = $1 RETURNING sku".to_owned()).bind(id.clone());
    let sku: String = query.fetch_one(&mut *tx).await.map_err(failed)?.get("sku");
    let minor = price(&mut tx, &sku).await?;
    for (text, number) in [
        ("INSERT INTO payment (id, amount) VALUES ($1, $2)", minor),
        ("UPDATE goods SET free = free - $2 WHERE sku = $1 AND free >= $2", 1),
    ] {
        let name = if number == 1 { sku.clone() } else { id.clone() };
        let query = sql(text.to_owned()).bind(name).bind(number);
        query.execute(&mut *tx).await.map_err(failed)?;
    }
    let query = sql("INSERT INTO sale (id, total, details) VALUES ($1, $2, $3)".to_owned());
    query.bind(id).bind(minor).bind(details).execute(&mut *tx).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok((StatusCode::CREATED, Json(json!({ "state": "placed" }))))
}
