//! What the simulated outside systems know of the demo people: today's registrations, health archives, templates.

use std::collections::BTreeMap;

use chrono::{NaiveTime, TimeDelta};
use gateways::{
    Person,
    archive::{Item, ItemKind},
    his::{Registration, RegistrationState, VisitKind},
    shenkang::{Content, Dictionary},
    simulate::Simulators,
};
use platform::App;

use super::{TsvError, demo_id, read_departments};
use crate::tsv;

/// Tells each simulator that runs what `data/demo` holds for it.
pub fn furnish(app: &App, simulators: &Simulators) -> Result<(), TsvError> {
    let folder = app.config.data_dir.join("demo");
    if let Some((_, his)) = &simulators.his {
        let names = names(app)?;
        for registration in registrations(app, &names)? {
            his.register(registration);
        }
    }
    if let Some((_, archive)) = &simulators.archive {
        for (resident, items) in archives(app)? {
            archive.keep(&demo_id("resident", &resident).to_string(), items);
        }
    }
    if let Some((_, shenkang)) = &simulators.shenkang {
        let rows = tsv::read(&folder.join("shenkang.tsv"), ["code", "version", "title", "file"])?;
        for row in rows {
            let [code, version, title, file] = &row.cells;
            let path = app.config.data_dir.join(file);
            let content = std::fs::read_to_string(&path).map_err(|error| TsvError::Read(path, error))?;
            let (code, version, title) = (code.clone(), version.clone(), title.clone());
            shenkang.publish(Content { code, version, title, format: "form".into(), content });
        }
        let departments = read_departments(&folder.join("departments.tsv"))?;
        let entries = departments.into_iter().map(|department| (department.code, department.name)).collect();
        shenkang.set_dictionaries(vec![Dictionary { name: "科室".into(), version: "1".into(), entries }]);
    }
    Ok(())
}

fn names(app: &App) -> Result<BTreeMap<String, String>, TsvError> {
    let path = app.config.data_dir.join("demo/residents.tsv");
    let rows = tsv::read(&path, ["key", "name", "sex", "age_months"])?;
    Ok(rows.into_iter().map(|row| (row.cells[0].clone(), row.cells[1].clone())).collect())
}

fn registrations(app: &App, names: &BTreeMap<String, String>) -> Result<Vec<Registration>, TsvError> {
    let columns =
        ["number", "institution", "department", "doctor", "resident", "kind", "time", "source", "complaint"];
    let rows = tsv::read(&app.config.data_dir.join("demo/registrations.tsv"), columns)?;
    let today = app.clock.today();
    let registration = |row: tsv::Row<9>| {
        let [number, institution, department, doctor, resident, kind, time, source, complaint] = &row.cells;
        let name =
            names.get(resident).ok_or_else(|| row.fault(4, format!("residents.tsv 中没有 {resident}")))?;
        let kind = match kind.as_str() {
            "first" => VisitKind::First,
            "return" => VisitKind::Return,
            other => return Err(row.fault(5, format!("应为 first 或 return，不是 {other}"))),
        };
        let time: NaiveTime =
            time.parse().map_err(|_| row.fault(6, format!("时间应写成 09:30，不是 {time}")))?;
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Ok(Registration {
            institution: institution.clone(),
            // A new one each day.
            number: format!("{}{number}", today.format("%y%m%d")),
            department: department.clone(),
            doctor: given(doctor).map(|key| demo_id("staff", &key).to_string()),
            person: Person {
                index: Some(demo_id("resident", resident).to_string()),
                name: name.clone(),
                ..Person::default()
            },
            kind,
            complaint: given(complaint),
            scheduled_at: today.and_time(time).and_utc() - TimeDelta::hours(8),
            source: source.clone(),
            state: RegistrationState::Registered,
        })
    };
    rows.into_iter().map(registration).collect()
}

fn archives(app: &App) -> Result<BTreeMap<String, Vec<Item>>, TsvError> {
    let columns = ["resident", "kind", "text", "present", "since", "source", "recorded_on"];
    let rows = tsv::read(&app.config.data_dir.join("demo/archive.tsv"), columns)?;
    let mut archives: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for (place, row) in rows.into_iter().enumerate() {
        let [resident, kind, text, present, since, source, recorded_on] = &row.cells;
        let kind = match kind.as_str() {
            "disease" => ItemKind::Disease,
            "operation" => ItemKind::Operation,
            "medication" => ItemKind::Medication,
            "allergy" => ItemKind::Allergy,
            other => return Err(row.fault(1, format!("没有这一类：{other}"))),
        };
        let is_present = match present.as_str() {
            "yes" => true,
            "no" => false,
            other => return Err(row.fault(3, format!("应为 yes 或 no，不是 {other}"))),
        };
        let recorded_on = recorded_on
            .parse()
            .map_err(|_| row.fault(6, format!("日期应写成 2020-01-06，不是 {recorded_on}")))?;
        archives.entry(resident.clone()).or_default().push(Item {
            id: format!("{resident}-{place}"),
            kind,
            text: text.clone(),
            is_present,
            since: Some(since.clone()).filter(|since| !since.is_empty()),
            source: source.clone(),
            recorded_on,
        });
    }
    Ok(archives)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gateways::{Gateways, archive::Ask, simulate::start_missing};
    use platform::db::test_support::Bench;

    use super::*;

    #[tokio::test]
    async fn the_shipped_outside_data_is_told_to_the_simulators() {
        let mut bench = Bench::sqlite(&[]).await;
        let mut config = (*bench.app.config).clone();
        let simulators = start_missing(&mut config, &bench.app.clock, &bench.app.ids).await.unwrap();
        bench.app.config = Arc::new(config);
        furnish(&bench.app, &simulators).unwrap();
        let gateways = Gateways::of(&bench.app);
        let page = gateways.his.unwrap().list_registrations("H01", None).await.unwrap();
        assert!(page.items.len() >= 4);
        assert!(page.items.iter().all(|one| one.number.starts_with("260302")), "{:?}", page.items);
        let index = Some(demo_id("resident", "r01").to_string());
        let ask = Ask {
            person: Person { index, ..Person::default() },
            purpose: "preconsult".into(),
            consent: "c".into(),
            consented_at: bench.app.now(),
        };
        let history = gateways.archive.unwrap().find_history(&ask).await.unwrap().unwrap();
        assert!(history.items.iter().any(|item| item.kind == ItemKind::Allergy));
        assert!(!gateways.shenkang.unwrap().list_changes(None).await.unwrap().items.is_empty());
        bench.finish().await;
    }
}
