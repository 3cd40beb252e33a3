use chrono::{DateTime, Utc};
use engine::SectionKind;
use gateways::archive::{Item, ItemKind};
use platform::{
    App, Tx,
    crypto::{Place, Sealed},
    on_read, on_tx,
};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    PreconsultError,
    model::{FromArchive, Part},
};

/// How far the asking has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Asking,
    Fetched,
    /// There is no archive of this person.
    None,
    Failed,
}

/// What the resident said to an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "choice", rename_all = "snake_case")]
pub(crate) enum Choice {
    Undecided,
    Confirmed,
    Corrected { text: String },
    LeftOut,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptItem {
    pub(crate) item: Item,
    pub(crate) choice: Choice,
}

/// What the archive told for a consultation. The row's id is the number of the consent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) id: Uuid,
    pub(crate) consented_at: DateTime<Utc>,
    pub(crate) state: State,
    pub(crate) items: Vec<KeptItem>,
    pub(crate) version: i64,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    consented_at: DateTime<Utc>,
    state: String,
    items: Sealed,
    version: i64,
}

pub(super) fn undecided(item: Item) -> KeptItem {
    KeptItem { item, choice: Choice::Undecided }
}

impl State {
    const ALL: [Self; 4] = [Self::Asking, Self::Fetched, Self::None, Self::Failed];

    fn name(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Fetched => "fetched",
            Self::None => "none",
            Self::Failed => "failed",
        }
    }
}

impl KeptItem {
    pub(crate) fn part(&self) -> Part {
        Part::History(match self.item.kind {
            ItemKind::Allergy => SectionKind::Allergy,
            ItemKind::Disease | ItemKind::Operation | ItemKind::Medication => SectionKind::PastHistory,
        })
    }

    /// As `高血压（2015年起；社区卫生服务中心 2020-01-01 记录）`.
    pub(crate) fn described(&self) -> String {
        let Item { text, is_present, since, source, recorded_on, kind, .. } = &self.item;
        let lead = match (is_present, kind) {
            (false, _) => "无",
            (true, ItemKind::Medication) => "用药 ",
            (true, _) => "",
        };
        let since = since.as_ref().map(|since| format!("{since}；")).unwrap_or_default();
        format!("{lead}{text}（{since}{source} {recorded_on} 记录）")
    }

    fn said(&self) -> Option<String> {
        match &self.choice {
            Choice::Confirmed => Some(format!("{}，本人已确认", self.described())),
            Choice::Corrected { text } => Some(format!("{}，本人更正为：{text}", self.described())),
            Choice::Undecided | Choice::LeftOut => None,
        }
    }
}

impl Kept {
    /// What goes into a part of the record; None when nothing does.
    pub(crate) fn sentence(&self, part: Part) -> Option<FromArchive> {
        let of_part = self.items.iter().filter(|item| item.part() == part);
        let said: Vec<_> = of_part.clone().filter_map(KeptItem::said).collect();
        let has_findings =
            of_part.into_iter().any(|item| item.item.is_present && item.choice == Choice::Confirmed);
        let text = format!("健康档案：{}。", said.join("；"));
        (!said.is_empty()).then_some(FromArchive { part, text, has_findings })
    }

    /// Whether the resident confirmed an allergy of the archive.
    pub(crate) fn confirms_allergy(&self) -> bool {
        self.allergies().any(|item| item.choice == Choice::Confirmed)
    }

    /// Whether the archive has an allergy that the resident did not confirm: then a denial is not certain.
    pub(crate) fn doubts_allergy(&self) -> bool {
        self.allergies().any(|item| item.choice != Choice::Confirmed)
    }

    fn allergies(&self) -> impl Iterator<Item = &KeptItem> {
        self.items.iter().filter(|item| item.item.kind == ItemKind::Allergy && item.item.is_present)
    }

    pub(crate) fn count_undecided(&self) -> usize {
        self.items.iter().filter(|item| item.choice == Choice::Undecided).count()
    }
}

fn place(row: Uuid) -> Place {
    Place { table: "consultation_archive", column: "items", row }
}

pub(crate) async fn find(app: &App, consultation: Uuid) -> Result<Option<Kept>, PreconsultError> {
    let sql = "SELECT id, consented_at, state, items, version FROM consultation_archive
        WHERE consultation_id = $1";
    let row: Option<Row> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(consultation).fetch_optional(c).await)?;
    let Some(row) = row else { return Ok(None) };
    let state = State::ALL.into_iter().find(|state| state.name() == row.state);
    Ok(Some(Kept {
        id: row.id,
        consented_at: row.consented_at,
        state: state.ok_or_else(|| sqlx::Error::Decode("unknown state of an archive".into()))?,
        items: serde_json::from_str(&app.keyring.open(place(row.id), &row.items)?)?,
        version: row.version,
    }))
}

/// The consent of now; another request that was first is met by [`PreconsultError::Raced`].
pub(super) async fn insert(app: &App, tx: &mut Tx, consultation: Uuid) -> Result<Kept, PreconsultError> {
    let sql = "INSERT INTO consultation_archive(id, consultation_id, consented_at, state, items, version, updated_at)
        VALUES ($1, $2, $3, 'asking', $4, 1, $3) ON CONFLICT DO NOTHING";
    let id = app.new_id();
    let items = app.keyring.seal(&*app.ids, place(id), "[]");
    let is_new = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(consultation).bind(app.now()).bind(&items);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    if !is_new {
        return Err(PreconsultError::Raced);
    }
    Ok(Kept { id, consented_at: app.now(), state: State::Asking, items: Vec::new(), version: 1 })
}

/// Keeps the next version of what was read.
pub(super) async fn update(app: &App, tx: &mut Tx, kept: &Kept) -> Result<(), PreconsultError> {
    let sql = "UPDATE consultation_archive SET state = $3, items = $4, updated_at = $5, version = version + 1
        WHERE id = $1 AND version = $2";
    let items = app.keyring.seal(&*app.ids, place(kept.id), &serde_json::to_string(&kept.items)?);
    let changed = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(kept.id).bind(kept.version).bind(kept.state.name());
        let query = query.bind(&items).bind(app.now());
        query.execute(c).await.map(|done| done.rows_affected())
    })?;
    if changed == 1 { Ok(()) } else { Err(PreconsultError::Raced) }
}
