//! What institutions, departments and questionnaires are called.

use std::collections::{BTreeMap, BTreeSet};

use people::Department;
use platform::App;

use super::{
    model::Unit,
    store::{self, Counted},
};
use crate::PreconsultError;

/// Loaded once for a page.
pub(super) struct Names {
    /// Code and name, in the district's order.
    pub(super) institutions: Vec<(String, String)>,
    pub(super) departments: Vec<Department>,
    pub(super) templates: Vec<Counted>,
}

impl Names {
    pub(super) async fn load(app: &App) -> Result<Self, PreconsultError> {
        let departments = people::service::list_departments(app).await?;
        let organisations = people::organisation::service::list(app).await?;
        let mut institutions: Vec<_> = organisations.into_iter().map(|one| (one.code, one.name)).collect();
        let mut known: BTreeSet<String> = institutions.iter().map(|(code, _)| code.clone()).collect();
        for department in &departments {
            if known.insert(department.institution.clone()) {
                institutions.push((department.institution.clone(), department.institution_name.clone()));
            }
        }
        Ok(Self { institutions, departments, templates: store::list_templates(app).await? })
    }

    pub(super) fn institution(&self, code: &str) -> String {
        let found = self.institutions.iter().find(|(known, _)| known == code);
        found.map_or_else(|| code.to_owned(), |(_, name)| name.clone())
    }

    pub(super) fn department(&self, unit: &Unit) -> String {
        let is_it = |d: &&Department| d.institution == unit.institution && d.code == unit.department;
        self.departments.iter().find(is_it).map_or_else(|| unit.department.clone(), |d| d.name.clone())
    }

    pub(super) fn unit(&self, unit: &Unit) -> String {
        match (unit.is_district(), unit.is_department()) {
            (true, _) => "全区".to_owned(),
            (false, false) => self.institution(&unit.institution),
            (false, true) => format!("{} {}", self.institution(&unit.institution), self.department(unit)),
        }
    }

    /// Whether there is such a unit.
    pub(super) fn has(&self, unit: &Unit) -> bool {
        unit.is_district()
            || (self.institutions.iter().any(|(code, _)| *code == unit.institution)
                && (!unit.is_department() || self.parts(&Unit::new(&unit.institution, "")).contains(unit)))
    }

    /// The next smaller units.
    pub(super) fn parts(&self, of: &Unit) -> Vec<Unit> {
        if of.is_department() {
            return Vec::new();
        }
        if of.is_district() {
            return self.institutions.iter().map(|(code, _)| Unit::new(code, "")).collect();
        }
        let own = self.departments.iter().filter(|department| department.institution == of.institution);
        own.map(|department| Unit::new(&department.institution, &department.code)).collect()
    }

    /// Departments of a name, one or more in each institution.
    pub(super) fn departments_named(&self, name: &str) -> Vec<Unit> {
        let named = self.departments.iter().filter(|department| department.name == name);
        named.map(|department| Unit::new(&department.institution, &department.code)).collect()
    }

    /// Names of departments with how many institutions have one, most first.
    pub(super) fn department_names(&self) -> Vec<(String, usize)> {
        let mut counted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for department in &self.departments {
            counted.entry(&department.name).or_default().insert(&department.institution);
        }
        let mut names: Vec<_> = counted.into_iter().map(|(name, of)| (name.to_owned(), of.len())).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        names
    }

    /// Title of a questionnaire, of its newest version.
    pub(super) fn template(&self, template: &str) -> String {
        let newest = self.versions(template).last().map(|counted| counted.title.clone());
        newest.unwrap_or_else(|| template.to_owned())
    }

    /// Oldest first.
    pub(super) fn versions(&self, template: &str) -> Vec<&Counted> {
        let mut found: Vec<_> =
            self.templates.iter().filter(|counted| counted.template == template).collect();
        // 10 comes after 9.
        found.sort_by_key(|counted| (counted.version.parse::<u32>().unwrap_or(0), counted.version.clone()));
        found
    }
}
