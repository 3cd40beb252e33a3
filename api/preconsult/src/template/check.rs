//! What is wrong with a template: its text, its proofs, its cases.
//!
//! Beside the codes of `rules/codes`: `TP001` the text has another code than the template, `TP002` there is no question,
//! `TP003` a branch that no case takes.

use std::{collections::BTreeSet, sync::Arc};

use engine::{Engine, library::GraphNames};
use kb::{Fault, Severity};
use rules::form::{
    Form,
    case_text::{CaseDraft, print_cases, read_cases},
    cases,
    draft::{Draft, Item},
    paths::paths,
    prove::prove,
    read::read,
};
use tokio::task::spawn_blocking;

use super::TemplateError;

/// What is known of a text after a check.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    /// In the order of their places.
    pub(crate) faults: Vec<Fault>,
    /// None when the text cannot be read.
    pub(crate) draft: Option<Draft>,
    /// None when it does not compile.
    pub(crate) form: Option<Form>,
    pub(crate) n_cases: usize,
    pub(crate) n_passed: usize,
    pub(crate) n_branches: usize,
    pub(crate) n_open: usize,
}

impl Findings {
    pub(crate) fn errors(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter().filter(|fault| fault.severity == Severity::Error)
    }

    pub(crate) fn n_errors(&self) -> usize {
        self.errors().count()
    }

    /// What keeps it from review.
    pub(crate) fn stops(&self) -> Vec<Fault> {
        self.errors().cloned().collect()
    }

    /// Share of the branches taken by cases, in percent, rounded down.
    pub(crate) fn coverage(&self) -> usize {
        ((self.n_branches - self.n_open) * 100).checked_div(self.n_branches).unwrap_or(100)
    }
}

/// Names of the files a template would be, as its findings say them.
pub(crate) fn file_names(code: &str) -> (String, String) {
    (format!("{code}.form"), format!("{code}.cases"))
}

/// Reads, compiles, proves and runs the cases, off the threads that serve.
pub(crate) async fn examine(
    engine: &Arc<Engine>,
    code: &str,
    text: &str,
    cases: &str,
) -> Result<Findings, TemplateError> {
    let (engine, code, text, cases) =
        (Arc::clone(engine), code.to_owned(), text.to_owned(), cases.to_owned());
    Ok(spawn_blocking(move || examined(&engine, &code, &text, &cases)).await?)
}

fn examined(engine: &Engine, code: &str, text: &str, cases: &str) -> Findings {
    let (file, cases_file) = file_names(code);
    let mut findings = Findings::default();
    let draft = match read(&file, text) {
        Ok(draft) => draft,
        Err(faults) => return Findings { faults, ..findings },
    };
    if draft.id.text != code {
        let message = format!("编号是 {}，这份模板的编号是 {code}", draft.id.text);
        let place = draft.id.place;
        findings.faults.push(
            Fault::error(&file, place.line.max(1), "TP001", message)
                .at_column(place.column.max(1))
                .with_hint(format!("第一行写成：问卷 {code} {}", draft.title.text)),
        );
    }
    if draft.items.is_empty() {
        let fault = Fault::error(&file, 1, "TP002", "还没有题目");
        findings.faults.push(fault.with_hint("在设计器里加一题，或在文本里写一题"));
    }
    match Form::compile(&file, &draft, &GraphNames(engine.kb())) {
        Err(faults) => findings.faults.extend(faults),
        Ok(form) => {
            findings.faults.extend(prove(&form));
            match read_cases(&cases_file, cases) {
                Err(faults) => findings.faults.extend(faults),
                Ok(drafts) => run(&form, &cases_file, &drafts, &mut findings),
            }
            findings.form = Some(form);
        }
    }
    findings.draft = Some(draft);
    findings.faults.sort();
    findings
}

/// Every branch counts: a template that patients fill in has been walked through whole.
fn run(form: &Form, file: &str, drafts: &[CaseDraft], findings: &mut Findings) {
    let report = cases::run(form, file, drafts);
    findings.n_cases = drafts.len();
    findings.n_passed = report.passed;
    findings.n_branches = report.coverage.branches().len();
    findings.n_open = report.coverage.open().count();
    // What is not covered is said once, below, and is an error whatever share the text asks for.
    let is_of_case = |fault: &Fault| !matches!(fault.code, "CS004" | "CS005");
    findings.faults.extend(report.faults.into_iter().filter(is_of_case));
    for branch in report.coverage.open() {
        findings.faults.push(
            Fault::error(&form.plan().file, branch.place.line.max(1), "TP003", branch.to_string())
                .at_column(branch.place.column.max(1))
                .with_hint("点“生成用例”补上，或自己写一个"),
        );
    }
}

/// The cases that are there, and as many generated ones as take further branches.
pub(crate) async fn completed_cases(form: &Form, code: &str, cases: &str) -> Result<String, TemplateError> {
    let (form, file, cases) = (form.clone(), file_names(code).1, cases.to_owned());
    let completed = spawn_blocking(move || {
        let mut kept = read_cases(&file, &cases)?;
        let mut names: BTreeSet<String> = kept.iter().map(|case| case.name.text.clone()).collect();
        let mut n_open = cases::run(&form, &file, &kept).coverage.open().count();
        for mut case in paths(&form) {
            if n_open == 0 {
                break;
            }
            while !names.insert(case.name.text.clone()) {
                case.name.text.push_str("（补）");
            }
            kept.push(case);
            let report = cases::run(&form, &file, &kept);
            let left = report.coverage.open().count();
            // One that takes nothing new, or does not pass, is left out.
            if left < n_open && report.passed == kept.len() {
                n_open = left;
            } else {
                kept.pop();
            }
        }
        Ok(print_cases(&kept))
    });
    completed.await?.map_err(TemplateError::Refused)
}

/// The question a line stands in, as the designer names its cards: `0-2`; the head is empty.
pub(crate) fn card_at(draft: &Draft, line: u32) -> String {
    fn of(items: &[Item], line: u32, above: &str) -> Option<String> {
        let at = items.iter().rposition(|item| item.id.place.line <= line)?;
        let own = if above.is_empty() { at.to_string() } else { format!("{above}-{at}") };
        Some(of(&items[at].items, line, &own).unwrap_or(own))
    }
    of(&draft.items, line, "").unwrap_or_default()
}

/// The text of a questionnaire under another code and title.
pub(crate) fn renamed(draft: &Draft, code: &str, title: &str) -> Draft {
    let mut draft = draft.clone();
    code.clone_into(&mut draft.id.text);
    title.clone_into(&mut draft.title.text);
    draft
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_belongs_to_its_question() {
        let text = "问卷 a 标题\n版本: 1\n\n页 一 第一页\n是否 热 发热吗？\n必答\n现病史(是): 发热\n数字 度 多少度？\n单位: ℃\n\n页 二 第二页\n文字 话 还有吗？\n";
        let draft = read("a.form", text).unwrap();
        let cards = [1, 4, 5, 7, 8, 9, 11, 12].map(|line| card_at(&draft, line));
        assert_eq!(cards, ["", "0", "0-0", "0-0", "0-1", "0-1", "1", "1-0"]);
    }
}
