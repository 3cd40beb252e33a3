use platform::{App, Tx, on_tx};
use uuid::Uuid;

use crate::model::Charge;

pub(crate) async fn insert_charge(app: &App, tx: &mut Tx, order: Uuid, charge: &Charge) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_charge(prescription_id, doses, pieces_fen, decoction_fen, delivery_fen,
            price_version, charged_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(order).bind(charge.doses).bind(charge.amounts.pieces);
        let query = query.bind(charge.amounts.decoction).bind(charge.amounts.delivery);
        query.bind(charge.price_version).bind(app.now()).execute(c).await.map(drop)
    })
}

pub(crate) async fn find_charge(tx: &mut Tx, order: Uuid) -> sqlx::Result<Option<Charge>> {
    let sql = "SELECT doses, pieces_fen, decoction_fen, delivery_fen, price_version FROM herbal_charge
        WHERE prescription_id = $1";
    let row: Option<(i64, i64, i64, i64, i64)> =
        on_tx!(tx, |c| sqlx::query_as(sql).bind(order).fetch_optional(c).await)?;
    Ok(row.map(|(doses, pieces, decoction, delivery, price_version)| Charge {
        doses,
        amounts: crate::statement::Amounts { pieces, decoction, delivery, refunded: 0 },
        price_version,
    }))
}
