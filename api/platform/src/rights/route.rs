use std::collections::BTreeMap;

use axum::http::Method;

use super::Permission;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Public,
    /// Anybody who is signed in.
    SignedIn,
    /// A resident, about oneself: the handler looks only at what belongs to the caller.
    Resident,
    /// Anybody of the staff.
    AnyStaff,
    /// Staff with a permission; how far it reaches is for the handler, see [`super::Right`].
    Staff(Permission),
}

/// One route with who may call it. The path is written as in the router, with `{id}` for what varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub who: Who,
}

impl Route {
    pub const fn get(path: &'static str, who: Who) -> Self {
        Self { method: "GET", path, who }
    }

    pub const fn post(path: &'static str, who: Who) -> Self {
        Self { method: "POST", path, who }
    }

    pub const fn put(path: &'static str, who: Who) -> Self {
        Self { method: "PUT", path, who }
    }

    pub const fn delete(path: &'static str, who: Who) -> Self {
        Self { method: "DELETE", path, who }
    }
}

/// All routes of the program.
#[derive(Debug, Clone, Default)]
pub struct Table(BTreeMap<&'static str, BTreeMap<&'static str, Who>>);

impl Table {
    /// Of the lists of all crates. A route that stands in two lists keeps the stricter reading: what differs is refused
    /// to everybody by leaving it out.
    pub fn of(lists: &[&[Route]]) -> Self {
        let mut table = Self::default();
        let mut doubtful = Vec::new();
        for route in lists.iter().copied().flatten() {
            let methods = table.0.entry(route.path).or_default();
            if methods.insert(route.method, route.who).is_some_and(|before| before != route.who) {
                tracing::error!(
                    method = route.method,
                    path = route.path,
                    "a route is listed twice, differently"
                );
                doubtful.push(route);
            }
        }
        for route in doubtful {
            if let Some(methods) = table.0.get_mut(route.path) {
                methods.remove(route.method);
            }
        }
        table
    }

    /// In order of path and method.
    pub fn routes(&self) -> impl Iterator<Item = Route> {
        self.0
            .iter()
            .flat_map(|(path, methods)| methods.iter().map(|(method, who)| Route { method, path, who: *who }))
    }

    /// Who may call it; HEAD is answered by GET.
    pub(super) fn find(&self, method: &Method, path: &str) -> Option<Who> {
        let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
        self.0.get(path)?.get(method).copied()
    }

    /// The methods a path has, for `Allow`; None when the path is not listed.
    pub(super) fn methods(&self, path: &str) -> Option<String> {
        let methods = self.0.get(path).filter(|methods| !methods.is_empty())?;
        let mut names: Vec<&str> = methods.keys().copied().collect();
        if names.contains(&"GET") {
            names.push("HEAD");
        }
        Some(names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_found_by_method_and_path_and_nothing_else_is() {
        let lists: [&[Route]; 2] = [
            &[Route::get("/a/{id}", Who::Resident), Route::get("/b", Who::Public)],
            &[Route::post("/a/{id}", Who::Staff(Permission::KnowledgeRead)), Route::get("/b", Who::SignedIn)],
        ];
        let table = Table::of(&lists);
        assert_eq!(table.find(&Method::GET, "/a/{id}"), Some(Who::Resident));
        assert_eq!(table.find(&Method::HEAD, "/a/{id}"), Some(Who::Resident));
        assert_eq!(table.find(&Method::POST, "/a/{id}"), Some(Who::Staff(Permission::KnowledgeRead)));
        assert_eq!(table.find(&Method::DELETE, "/a/{id}"), None);
        assert_eq!(table.find(&Method::GET, "/b"), None, "listed twice, differently: for nobody");
        assert_eq!(table.methods("/a/{id}").as_deref(), Some("GET,POST,HEAD"));
        assert_eq!(table.methods("/b"), None);
        assert_eq!(table.routes().count(), 2);
    }
}
