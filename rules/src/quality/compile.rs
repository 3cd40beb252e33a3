//! A page's parts → a rule, or everything that is wrong with it.

use kb::Fault;

use super::{
    conditions::{Clause, Conditions},
    example::{EXAMPLES, Example},
    grade::{Category, Level, Point, Status},
    message::Message,
    mutant,
    read::{Part, Parts, fault},
    rule::Rule,
    schema::Schema,
    words,
};
use crate::expr::Expr;

/// The rule, as far as it can be read; findings go to `faults`.
pub(super) fn rule(file: &str, schema: &Schema, parts: &Parts, faults: &mut Vec<Fault>) -> Option<Rule> {
    Reader { file, schema, parts, faults }.rule()
}

struct Reader<'a> {
    file: &'a str,
    schema: &'a Schema,
    parts: &'a Parts,
    faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    fn refuse(&mut self, place: (u32, u32), code: &'static str, message: impl Into<String>) {
        self.faults.push(fault(self.file, place.0, place.1, code, message));
    }

    /// The rule, as far as it can be read; every finding is kept before giving up.
    fn rule(&mut self) -> Option<Rule> {
        let id = self.id();
        let (name, place, source) = (self.entry("名称"), self.place(), self.entry("来源"));
        if let Some(kind) =
            self.entry("种类").filter(|kind| !matches!(kind.text.as_str(), "质控" | "quality"))
        {
            self.refuse(kind.place(0), "QC002", "种类要写 质控");
        }
        let category = self.word("类别", Category::read, Category::words);
        let level = self.word("级别", Level::read, Level::words);
        let status = self.word("状态", Status::read, Status::words);
        let points = self.points();
        let conditions = self.conditions();
        let (message, suggestion) = (self.message("提示"), self.message("建议"));
        if self.parts.line > 0 && self.parts.clause("提示").is_none() {
            self.refuse((self.parts.line, 1), "QC005", "“规则”块缺少 提示: 给看记录的人一句话");
        }
        if let Some((_, part)) = self.parts.examples.get(EXAMPLES) {
            self.refuse(part.place(0), "QC008", format!("一条规则最多写 {EXAMPLES} 个例子"));
        }
        let examples: Vec<Example> = self
            .parts
            .examples
            .iter()
            .take(EXAMPLES)
            .map(|(expected, part)| Example::read(self.file, *expected, part, self.schema, self.faults))
            .collect();
        Some(Rule {
            id: id?.text,
            name: name?.text,
            category: category?,
            level: level?,
            place: place?.text,
            source: source?.text,
            status: status?,
            points,
            file: self.file.to_owned(),
            line: self.parts.line,
            message: message?,
            suggestion: suggestion.unwrap_or_default(),
            conditions,
            examples,
        })
    }

    fn entry(&mut self, key: &str) -> Option<Part> {
        let part = self.parts.front(key).filter(|part| !part.text.is_empty()).cloned();
        if part.is_none() {
            self.refuse((1, 1), "QC001", format!("文件头缺少“{key}”"));
        }
        part
    }

    fn id(&mut self) -> Option<Part> {
        let part = self.entry("编号")?;
        if part.text.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-') {
            return Some(part);
        }
        self.refuse(part.place(0), "QC002", "编号只用字母、数字和 -");
        None
    }

    fn place(&mut self) -> Option<Part> {
        let part = self.entry("位置")?;
        if self.schema.place(&part.text).is_some() {
            return Some(part);
        }
        let mut names: Vec<&str> = self.schema.sections().iter().map(String::as_str).collect();
        names.extend(self.schema.fields().iter().map(|field| field.name.as_str()));
        self.refuse(part.place(0), "QC007", words::unknown("位置", &part.text, &names));
        None
    }

    fn word<T>(
        &mut self,
        key: &str,
        read: fn(&str) -> Option<T>,
        words: fn() -> Vec<&'static str>,
    ) -> Option<T> {
        let part = self.entry(key)?;
        let value = read(&part.text);
        if value.is_none() {
            self.refuse(part.place(0), "QC002", words::unknown(key, &part.text, &words()));
        }
        value
    }

    fn points(&mut self) -> Vec<Point> {
        let Some(part) = self.entry("时机") else { return Vec::new() };
        let mut points = Vec::new();
        for item in words::items(&part.text) {
            match Point::read(item) {
                Some(point) if points.contains(&point) => {}
                Some(point) => points.push(point),
                None => self.refuse(part.place(0), "QC002", words::unknown("时机", item, &Point::words())),
            }
        }
        points.sort_unstable();
        points
    }

    fn message(&mut self, key: &str) -> Option<Message> {
        let part = self.parts.clause(key)?;
        match Message::read(part, self.schema) {
            Ok(message) => Some(message),
            Err(errors) => {
                for (at, message) in errors {
                    self.refuse(part.place(at), "QC007", message);
                }
                None
            }
        }
    }

    fn conditions(&mut self) -> Conditions {
        let conditions = Conditions {
            applies: self.clause("适用"),
            when: self.clause("当"),
            model: self.clause("模型"),
            unless: self.clause("除非"),
        };
        let none = self.parts.clause("当").or_else(|| self.parts.clause("模型")).is_none();
        if self.parts.line > 0 && none {
            self.refuse((self.parts.line, 1), "QC005", "“规则”块缺少 当: 什么时候算有问题");
        }
        conditions
    }

    fn clause(&mut self, key: &str) -> Option<Clause> {
        let mut part = self.parts.clause(key)?.clone();
        if key == "模型" && !part.text.starts_with("模型.") {
            // The line names the model; conditions name its score.
            part.text = format!("模型.{}", part.text);
            part.column = part.column.saturating_sub(3);
        }
        match Expr::compile(&part.text, self.schema) {
            Ok(expr) => {
                if expr.slots().is_empty() {
                    self.refuse(part.place(0), "QC011", format!("“{key}”不看任何事实，结果永远一样"));
                }
                if let Some(clash) = mutant::clash(&part.text) {
                    self.refuse(
                        part.place(0),
                        "QC011",
                        format!("“{clash}”和“非 {clash}”连在一起，结果永远一样"),
                    );
                }
                Some(Clause { expr, part })
            }
            Err(errors) => {
                let (line, column) = (part.line.saturating_sub(1), part.column.saturating_sub(1));
                self.faults.extend(errors.into_iter().map(|error| error.into_fault(self.file, line, column)));
                None
            }
        }
    }
}
