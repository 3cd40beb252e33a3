//! A great many made-up consultations, to see whether the house still answers quickly with years of them in it.
//!
//! Nobody in them is real; their columns are sealed as those of real people are. How they spread over institutions,
//! departments, hours, weekdays and seasons follows what outpatient departments know: mornings, Mondays, winters.

mod store;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use engine::{Profile, Sex, Turn};
use people::{Department, Resident};
use uuid::Uuid;

use crate::{
    PreconsultError, Service,
    model::{Chosen, EntryKind, Intake, Plan},
    statistics::answers::filled,
};

/// How much is made.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    pub consultations: usize,
    /// Over so many days until today.
    pub days: i64,
    /// One in so many has all the answers of its questionnaire.
    pub answered_one_in: usize,
    pub seed: u64,
}

/// Consultations written together.
const CHUNK: usize = 4_000;
/// One resident for so many consultations.
const PER_RESIDENT: usize = 25;
/// Made-up answers of each questionnaire and sex.
const SHEETS: usize = 12;
/// Share of the day in each hour, in thousandths.
const HOURS: [usize; 24] =
    [6, 4, 3, 3, 4, 9, 28, 72, 118, 124, 96, 58, 38, 61, 84, 78, 56, 38, 30, 28, 25, 20, 11, 6];
const DEPARTMENTS: [(&str, &str, usize); 12] = [
    ("IM", "内科", 22),
    ("GP", "全科", 18),
    ("RESP", "呼吸内科", 10),
    ("GI", "消化内科", 10),
    ("NEURO", "神经内科", 7),
    ("CARD", "心血管内科", 9),
    ("PED", "儿科", 8),
    ("ORTH", "骨科", 6),
    ("GYN", "妇科", 4),
    ("DERM", "皮肤科", 3),
    ("ENT", "耳鼻喉科", 2),
    ("TCM", "中医科", 5),
];
/// What somebody comes for, with the questionnaire that fits.
const COMPLAINTS: [(&str, &str, usize); 8] = [
    ("咽痛", "sore-throat-first", 20),
    ("头痛", "headache-first", 12),
    ("腹痛", "abdominal-pain-first", 14),
    ("腰痛", "back-pain-first", 9),
    ("皮疹", "rash-first", 8),
    ("关节痛", "joint-pain-first", 10),
    ("乏力", "", 10),
    ("复诊配药", "", 17),
];

/// Repeatable chance; of no use for secrets.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from(self.next() % n).unwrap_or(0)
    }

    /// The place of one of several weights.
    fn weighted(&mut self, weights: impl Iterator<Item = usize> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (place, weight) in weights.enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}

/// A consultation before it is sealed.
struct Made {
    id: Uuid,
    resident: Uuid,
    institution: String,
    department: String,
    state: &'static str,
    entry: EntryKind,
    plan: Plan,
    complaint: &'static str,
    profile: Profile,
    level: i64,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    /// Of the registration.
    visit: Option<(Uuid, DateTime<Utc>)>,
    /// Answers: which of the sheets.
    sheet: Option<(usize, usize, usize)>,
}

/// Fills the database; gives how many were made. `told` hears how many there are after each batch.
pub async fn generate(
    service: &Service,
    amount: Amount,
    mut told: impl FnMut(usize),
) -> Result<usize, PreconsultError> {
    let app = &service.app;
    let mut chance = Chance(amount.seed);
    let departments = departments(service).await?;
    let residents = residents(service, &mut chance, amount.consultations / PER_RESIDENT + 1);
    people::demo::add(app, &departments, &residents).await?;
    let sheets = sheets(service, &mut chance);
    let today = app.clock.today();
    let days: Vec<(NaiveDate, usize)> = (0..amount.days)
        .rev()
        .map(|back| today - TimeDelta::days(back))
        .map(|day| (day, weight_of(day)))
        .collect();
    let sum: usize = days.iter().map(|(_, weight)| weight).sum();
    let (mut before, mut all, mut batch) = (0, 0, Vec::with_capacity(CHUNK));
    for (day, weight) in days {
        // Rounded over the whole, so that exactly as many are made as were asked for.
        let until = amount.consultations * (before + weight) / sum.max(1);
        let n = until - amount.consultations * before / sum.max(1);
        before += weight;
        let mut moments: Vec<i64> = (0..n)
            .map(|_| {
                let hour = chance.weighted(HOURS.into_iter());
                i64::try_from(hour * 3_600_000 + chance.below(3_600_000)).unwrap_or(0)
            })
            .collect();
        moments.sort_unstable();
        for millis in moments {
            let at = ui::format::start_of(day) + TimeDelta::milliseconds(millis);
            batch.push(made(&mut chance, at, (&departments, &residents), amount.answered_one_in));
            if batch.len() == CHUNK {
                all += batch.len();
                store::write(service, &std::mem::take(&mut batch), &sheets).await?;
                told(all);
            }
        }
    }
    all += batch.len();
    store::write(service, &batch, &sheets).await?;
    told(all);
    Ok(all)
}

/// Winters and Mondays are full, weekends are not.
fn weight_of(day: NaiveDate) -> usize {
    let season = [130, 115, 105, 95, 92, 90, 86, 84, 92, 98, 110, 128][day.month0() as usize];
    let weekday = match day.weekday() {
        Weekday::Mon => 120,
        Weekday::Sat => 45,
        Weekday::Sun => 30,
        _ => 100,
    };
    season * weekday
}

/// Hospitals have all departments, the others the larger half.
async fn departments(service: &Service) -> Result<Vec<Department>, PreconsultError> {
    let organisations = people::organisation::service::list(&service.app).await?;
    let departments = organisations.iter().flat_map(|one| {
        let n = if one.kind.contains("医院") { DEPARTMENTS.len() } else { 6 };
        DEPARTMENTS.iter().take(n).map(|(code, name, _)| Department {
            institution: one.code.clone(),
            institution_name: one.name.clone(),
            code: (*code).to_owned(),
            name: (*name).to_owned(),
        })
    });
    Ok(departments.collect())
}

fn residents(service: &Service, chance: &mut Chance, n: usize) -> Vec<Resident> {
    let today = service.app.clock.today();
    let made = |number: usize| {
        let years = [3, 12, 28, 36, 45, 52, 58, 63, 67, 71, 76, 82][chance.below(12)];
        let days = i64::try_from(years * 365 + chance.below(1_400)).unwrap_or(0);
        let sex = if chance.below(100) < 54 { people::Sex::Female } else { people::Sex::Male };
        let id = service.app.new_id();
        Resident {
            id,
            name: format!("测试居民{number}"),
            sex,
            birth_date: Some(today - TimeDelta::days(days)),
        }
    };
    (0..n).map(made).collect()
}

/// Made-up answers by questionnaire and sex.
type Sheets = BTreeMap<(usize, usize), Vec<Vec<Turn>>>;

fn sheets(service: &Service, chance: &mut Chance) -> Sheets {
    let mut sheets = Sheets::new();
    for (place, (complaint, key, _)) in
        COMPLAINTS.iter().enumerate().filter(|(_, (_, key, _))| !key.is_empty())
    {
        for (number, sex) in [Sex::Female, Sex::Male].into_iter().enumerate() {
            let profile = Profile { age_months: 40 * 12, sex: Some(sex) };
            let plan = plan(complaint, key, Some(true), 20_000);
            let filled =
                (0..SHEETS).map(|_| filled(&service.engine, key, &profile, &plan, |n| chance.below(n)));
            sheets.insert((place, number), filled.collect());
        }
    }
    sheets
}

fn plan(complaint: &str, key: &str, is_first: Option<bool>, today: i32) -> Plan {
    let chosen = Chosen { key: key.to_owned(), title: format!("{complaint}初诊") };
    Plan {
        questionnaires: Some(chosen).filter(|chosen| !chosen.key.is_empty()).into_iter().collect(),
        intake: Intake { complaint: Some(complaint.to_owned()), is_first, ..Intake::default() },
        today: Some(today),
        reasons: vec![format!("主诉 = {complaint}")],
        open: Vec::new(),
    }
}

fn made(
    chance: &mut Chance,
    at: DateTime<Utc>,
    (departments, residents): (&[Department], &[Resident]),
    answered_one_in: usize,
) -> Made {
    // The first institutions are the largest; within one, a department by its weight.
    let place = chance.below(departments.len()).min(chance.below(departments.len()));
    let department = &departments[place];
    let weight =
        |d: &Department| DEPARTMENTS.iter().find(|(code, ..)| *code == d.code).map_or(1, |(_, _, w)| *w);
    let beside: Vec<&Department> =
        departments.iter().filter(|d| d.institution == department.institution).collect();
    let department = beside[chance.weighted(beside.iter().map(|d| weight(d)))];
    let resident = &residents[chance.below(residents.len())];
    let what = chance.weighted(COMPLAINTS.iter().map(|(_, _, weight)| *weight));
    let (complaint, key, _) = COMPLAINTS[what];
    let today = i32::try_from(at.timestamp() / 86_400).unwrap_or(0);
    let is_first = [Some(true), Some(true), Some(false), None][chance.below(4)];
    let has_visit = chance.below(100) < 62;
    let state = match chance.below(100) {
        0..86 => "submitted",
        86..88 => "emergency",
        88..94 if has_visit => "asking",
        _ => "abandoned",
    };
    let entry = if has_visit {
        EntryKind::Registration
    } else {
        [EntryKind::App, EntryKind::App, EntryKind::Wechat, EntryKind::Suishenban, EntryKind::Qr]
            [chance.below(5)]
    };
    let later = if chance.below(100) < 40 { 24 * (1 + chance.below(7)) } else { 1 };
    let hours = TimeDelta::hours(i64::try_from(later).unwrap_or(1));
    let (sex, column) = match resident.sex {
        people::Sex::Male => (Some(Sex::Male), 1),
        people::Sex::Female | people::Sex::Unknown => (Some(Sex::Female), 0),
    };
    let age_months = resident.age_in_months((at + TimeDelta::hours(8)).date_naive()).unwrap_or(0);
    let is_answered = state == "submitted" && !key.is_empty() && chance.below(answered_one_in) == 0;
    Made {
        id: id_at(chance, at),
        resident: resident.id,
        institution: department.institution.clone(),
        department: department.code.clone(),
        state,
        entry,
        plan: plan(complaint, key, is_first, today),
        complaint,
        profile: Profile { age_months, sex },
        level: [3, 4, 4, 4, 5, 2][chance.below(6)],
        created_at: at,
        ended_at: (state != "asking")
            .then(|| at + TimeDelta::seconds(i64::try_from(120 + chance.below(900)).unwrap_or(120))),
        visit: has_visit.then(|| (id_at(chance, at), at + hours)),
        sheet: is_answered.then(|| (what, column, chance.below(SHEETS))),
    }
}

/// A UUID v7 of a moment that has passed.
fn id_at(chance: &mut Chance, at: DateTime<Utc>) -> Uuid {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&chance.next().to_be_bytes());
    bytes[8..].copy_from_slice(&chance.next().to_be_bytes()[..2]);
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}
