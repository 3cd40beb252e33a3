//! The first set-up.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use platform::{
    App, Problem,
    http::{Form, Query, page},
    session::{Csrf, Role},
};
use serde::Deserialize;
use ui::Frame;

use super::{Told, VisitParts, refused_page};
use crate::account::{
    model::Initial,
    service::{self, FirstPeople, SetUp},
};

#[derive(Template)]
#[template(path = "account/set_up.html")]
struct SetUpPage {
    frame: Frame,
    form: SetUpForm,
    told: Option<Told>,
    faults: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "account/set_up_done.html")]
struct DonePage {
    frame: Frame,
    made: Vec<Initial>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct SetUpForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name_0: String,
    #[serde(default)]
    user_name_0: String,
    #[serde(default)]
    name_1: String,
    #[serde(default)]
    user_name_1: String,
    #[serde(default)]
    name_2: String,
    #[serde(default)]
    user_name_2: String,
}

/// One of the three, as the page asks for it.
struct Place<'a> {
    role: Role,
    does: &'static str,
    name_field: String,
    name: &'a str,
    name_fault: &'a str,
    user_field: String,
    user: &'a str,
    user_fault: &'a str,
}

impl SetUpForm {
    fn people(&self) -> FirstPeople {
        [
            (self.name_0.clone(), self.user_name_0.clone()),
            (self.name_1.clone(), self.user_name_1.clone()),
            (self.name_2.clone(), self.user_name_2.clone()),
        ]
    }
}

impl SetUpPage {
    fn places(&self) -> Vec<Place<'_>> {
        let form = &self.form;
        let typed = [
            (&form.name_0, &form.user_name_0, "管理账号和系统设置"),
            (&form.name_1, &form.user_name_1, "管理角色和权限"),
            (&form.name_2, &form.user_name_2, "查看和导出审计记录"),
        ];
        let places = service::FIRST.into_iter().zip(typed).enumerate();
        places
            .map(|(at, (role, (name, user, does)))| {
                let (name_field, user_field) = (format!("name_{at}"), format!("user_name_{at}"));
                let (name_fault, user_fault) = (self.fault(&name_field), self.fault(&user_field));
                Place { role, does, name_field, name, name_fault, user_field, user, user_fault }
            })
            .collect()
    }

    fn fault(&self, field: &str) -> &str {
        self.faults.iter().find(|(own, _)| own == field).map_or("", |(_, fault)| fault.as_str())
    }
}

pub(super) async fn show(
    State(app): State<App>,
    Csrf(csrf): Csrf,
    Query(form): Query<SetUpForm>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    if !service::is_set_up_open(&app).await? {
        return Err(Problem::not_found());
    }
    page(SetUpPage { frame: frame.with_csrf(csrf), form, told: None, faults: Vec::new() }.render())
}

pub(super) async fn set_up(
    State(app): State<App>,
    VisitParts(visit): VisitParts,
    Csrf(csrf): Csrf,
    frame: Frame,
    Form(form): Form<SetUpForm>,
) -> Result<Response, Problem> {
    if !service::is_set_up_open(&app).await? {
        return Err(Problem::not_found());
    }
    let frame = frame.with_csrf(csrf);
    let (told, faults, refusal) = match service::set_up(&app, &visit, &form.code, &form.people()).await? {
        SetUp::Done(made) => return Ok(page(DonePage { frame, made }.render())?.into_response()),
        SetUp::WrongCode => {
            let told =
                Told::new("设置码不正确", "请照启动程序的终端里显示的设置码输入；重新启动后以新的为准。");
            (Some(told), Vec::new(), None)
        }
        SetUp::Refused(refusal) => (Some(Told::of_lock(refusal)), Vec::new(), Some(refusal)),
        SetUp::Faults(faults) => (None, faults, None),
    };
    let shown = page(SetUpPage { frame, form, told, faults }.render())?;
    Ok(refused_page(shown, refusal, app.now()))
}
