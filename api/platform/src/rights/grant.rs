use std::collections::BTreeSet;

use uuid::Uuid;

use super::Permission;
use crate::db::{Bound, Conditions};

/// How far a permission reaches; each covers the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// What one made oneself.
    Own,
    /// What was given to one to do.
    Assigned,
    Department,
    Institution,
    District,
}

/// A group of personal fields; masked unless a grant shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Name,
    IdNumber,
    Phone,
    Address,
    /// 社保卡、医保电子凭证.
    Card,
    /// What somebody suffers from: complaint, record, diagnosis.
    Diagnosis,
}

/// Fields a grant shows in full.
pub type Fields = BTreeSet<Field>;

/// One permission as a role gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub permission: Permission,
    pub scope: Scope,
    pub fields: Fields,
}

/// Where somebody of the staff stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub id: Uuid,
    /// Codes of the organisation.
    pub institution: String,
    pub department: String,
}

/// The columns of a table by which it belongs to somebody; None where it has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Columns {
    pub institution: Option<&'static str>,
    pub department: Option<&'static str>,
    pub assigned: Option<&'static str>,
    pub own: Option<&'static str>,
}

/// To whom one row belongs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Site<'a> {
    pub institution: Option<&'a str>,
    pub department: Option<&'a str>,
    pub assigned: Option<Uuid>,
    pub own: Option<Uuid>,
}

impl Scope {
    pub const ALL: [Self; 5] =
        [Self::Own, Self::Assigned, Self::Department, Self::Institution, Self::District];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Assigned => "assigned",
            Self::Department => "department",
            Self::Institution => "institution",
            Self::District => "district",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Own => "本人",
            Self::Assigned => "分配给本人",
            Self::Department => "本科室",
            Self::Institution => "本机构",
            Self::District => "全区",
        }
    }

    /// The rows of a table that somebody reaches. A table without the columns of a scope shows nothing at that scope.
    pub fn predicate(self, reach: &Reach, columns: &Columns) -> Conditions {
        if self == Self::District {
            return Conditions::new();
        }
        let mut ways = Vec::new();
        let mut values = Vec::new();
        let institution = || Bound::Text(reach.institution.clone());
        if let Some(column) = columns.institution {
            if self == Self::Institution {
                ways.push(format!("{column} = ?"));
                values.push(institution());
            } else if let (Self::Department, Some(department)) = (self, columns.department) {
                // A code of a department is only unique within its institution.
                ways.push(format!("({column} = ? AND {department} = ?)"));
                values.extend([institution(), Bound::Text(reach.department.clone())]);
            }
        }
        let persons = [(columns.assigned, Self::Assigned), (columns.own, Self::Own)];
        for (column, least) in persons {
            if let Some(column) = column.filter(|_| self >= least) {
                ways.push(format!("{column} = ?"));
                values.push(Bound::Id(reach.id));
            }
        }
        let mut conditions = Conditions::new();
        let condition = if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) };
        conditions.push(&condition, values);
        conditions
    }

    /// The same for one row.
    pub fn covers(self, reach: &Reach, site: &Site<'_>) -> bool {
        let in_institution = site.institution == Some(reach.institution.as_str());
        let in_department = in_institution && site.department == Some(reach.department.as_str());
        match self {
            Self::District => true,
            _ if site.own == Some(reach.id) => true,
            _ if self >= Self::Assigned && site.assigned == Some(reach.id) => true,
            Self::Institution => in_institution,
            Self::Department => in_department,
            Self::Own | Self::Assigned => false,
        }
    }
}

impl Field {
    pub const ALL: [Self; 6] =
        [Self::Name, Self::IdNumber, Self::Phone, Self::Address, Self::Card, Self::Diagnosis];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::IdNumber => "id_number",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::Card => "card",
            Self::Diagnosis => "diagnosis",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Name => "姓名",
            Self::IdNumber => "证件号",
            Self::Phone => "手机号",
            Self::Address => "住址",
            Self::Card => "医保卡号",
            Self::Diagnosis => "病情",
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::{App, bind_all, db::test_support::on_each_database, on_read, on_tx};

    const ALL: Columns = Columns {
        institution: Some("institution"),
        department: Some("department"),
        assigned: Some("assigned"),
        own: Some("own"),
    };

    fn reach(id: u128, institution: &str, department: &str) -> Reach {
        Reach { id: Uuid::from_u128(id), institution: institution.into(), department: department.into() }
    }

    /// Institution, department, assigned to, made by.
    const ROWS: [(&str, &str, u128, u128); 7] = [
        ("H01", "IM", 0, 0),
        ("H01", "PED", 0, 0),
        ("H02", "IM", 0, 0),
        ("H02", "GP", 1, 0),
        ("H02", "GP", 0, 1),
        ("H01", "IM", 2, 2),
        ("H03", "XX", 2, 2),
    ];

    async fn fill(app: &App) {
        let id = if app.db.is_postgres() { "UUID" } else { "BLOB" };
        let table = format!(
            "CREATE TABLE thing(n BIGINT, institution TEXT, department TEXT, assigned {id}, own {id})"
        );
        let row = "INSERT INTO thing VALUES ($1, $2, $3, $4, $5)";
        let mut tx = app.db.begin().await.unwrap();
        on_tx!(&mut tx, |c| sqlx::query(AssertSqlSafe(table)).execute(c).await.map(drop)).unwrap();
        for (n, (institution, department, assigned, own)) in ROWS.into_iter().enumerate() {
            on_tx!(&mut tx, |c| {
                let query = sqlx::query(row).bind(i64::try_from(n).unwrap()).bind(institution);
                let query = query.bind(department).bind(Uuid::from_u128(assigned));
                query.bind(Uuid::from_u128(own)).execute(c).await.map(drop)
            })
            .unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn found(app: &App, conditions: &Conditions) -> Vec<i64> {
        let sql = format!("SELECT n FROM thing WHERE {} ORDER BY n", conditions.sql());
        on_read!(&app.db, |c| bind_all!(sqlx::query_scalar(AssertSqlSafe(sql)), conditions)
            .fetch_all(c)
            .await)
        .unwrap()
    }

    #[tokio::test]
    async fn a_scope_finds_the_same_rows_on_both_databases_and_one_by_one() {
        let expected: [(Scope, &[i64]); 5] = [
            (Scope::Own, &[4]),
            (Scope::Assigned, &[3, 4]),
            (Scope::Department, &[0, 3, 4, 5]),
            (Scope::Institution, &[0, 1, 3, 4, 5]),
            (Scope::District, &[0, 1, 2, 3, 4, 5, 6]),
        ];
        on_each_database(&[], async |bench| {
            fill(bench).await;
            let who = reach(1, "H01", "IM");
            for (scope, rows) in expected {
                assert_eq!(found(bench, &scope.predicate(&who, &ALL)).await, rows, "{scope:?}");
                for (n, (institution, department, assigned, own)) in ROWS.into_iter().enumerate() {
                    let site = Site {
                        institution: Some(institution),
                        department: Some(department),
                        assigned: Some(Uuid::from_u128(assigned)),
                        own: Some(Uuid::from_u128(own)),
                    };
                    let is_found = rows.contains(&i64::try_from(n).unwrap());
                    assert_eq!(scope.covers(&who, &site), is_found, "{scope:?} {n}");
                }
            }
            let nasty = reach(9, "' OR '1'='1", "x");
            for scope in [Scope::Own, Scope::Department, Scope::Institution] {
                assert_eq!(found(bench, &scope.predicate(&nasty, &ALL)).await, [0_i64; 0], "{scope:?}");
            }
        })
        .await;
    }

    #[rstest]
    #[case(Scope::Own)]
    #[case(Scope::Assigned)]
    #[case(Scope::Department)]
    #[case(Scope::Institution)]
    fn a_table_without_owner_shows_nothing_below_the_district(#[case] scope: Scope) {
        let who = reach(1, "H01", "IM");
        assert_eq!(scope.predicate(&who, &Columns::default()).sql(), "1 = 0");
        assert!(!scope.covers(&who, &Site::default()));
        assert!(scope < Scope::District && Scope::District.covers(&who, &Site::default()));
    }
}
