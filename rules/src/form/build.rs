//! A draft while its lines come in.

use kb::Fault;

use super::{
    draft::{Choice, Draft, Flag, Item, Kind, Part, Place, Property, Remark, Row, Written},
    line::Line,
    words,
};

/// What has been read so far.
pub(super) struct Builder<'a> {
    file: &'a str,
    draft: Draft,
    has_header: bool,
    page: Option<(Item, Place)>,
    group: Option<(Item, Place)>,
    /// Groups opened inside a group, so that their ends draw no further faults.
    nested: usize,
    /// The item whose parts come in.
    last: Option<Item>,
    /// The parts that follow belong to a line that could not be read.
    is_lost: bool,
    /// Comment lines since the last other line.
    comments: Vec<String>,
}

/// What takes the next part.
enum Target<'a> {
    Draft(&'a mut Draft),
    Item(&'a mut Item),
    Closed,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self {
            file,
            draft: Draft::default(),
            has_header: false,
            page: None,
            group: None,
            nested: 0,
            last: None,
            is_lost: false,
            comments: Vec::new(),
        }
    }

    pub(super) fn comment(&mut self, comment: String) {
        self.comments.push(comment);
    }

    /// The parts that follow belong to nothing.
    pub(super) fn lose(&mut self) {
        self.store();
        self.is_lost = true;
    }

    /// The kind of what takes the next property; none for the questionnaire itself.
    pub(super) fn kind(&mut self) -> Option<Kind> {
        match self.target() {
            Target::Item(item) => Some(item.kind),
            Target::Draft(_) | Target::Closed => None,
        }
    }

    pub(super) fn header(&mut self, line: &Line<'_>, from: usize, id: Written, title: Written) -> Vec<Fault> {
        if self.has_header {
            return vec![
                line.fault(from, "FM002", "一个文件只能有一份问卷，这里又写了 问卷")
                    .with_hint("分成两个文件"),
            ];
        }
        let mut faults = Vec::new();
        if self.last.is_some() || self.page.is_some() || !self.draft.items.is_empty() {
            faults.push(line.fault(from, "FM002", "问卷 名称 标题 应是第一行").with_hint("移到文件开头"));
        }
        self.has_header = true;
        (self.draft.id, self.draft.title) = (id, title);
        let comments = std::mem::take(&mut self.comments);
        self.draft.remarks.extend(remarks(comments, Part::Head, 0));
        faults
    }

    pub(super) fn open(
        &mut self,
        line: &Line<'_>,
        from: usize,
        kind: Kind,
        id: Written,
        text: Written,
    ) -> Vec<Fault> {
        self.store();
        self.is_lost = false;
        let comments = std::mem::take(&mut self.comments);
        let item = Item { kind, id, text, comments, ..Item::default() };
        let place = line.place(from);
        match kind {
            Kind::Page => {
                let faults = self.end_group();
                self.end_page();
                self.page = Some((item, place));
                faults
            }
            Kind::Group if self.group.is_some() => {
                self.nested += 1;
                self.last = Some(item);
                vec![
                    line.fault(from, "FM022", "组里不能再有组")
                        .with_hint("先用 组完 结束前一个组，或把内层的题直接写在组里"),
                ]
            }
            Kind::Group => {
                self.group = Some((item, place));
                Vec::new()
            }
            _ => {
                self.last = Some(item);
                Vec::new()
            }
        }
    }

    pub(super) fn close_group(&mut self, line: &Line<'_>, from: usize) -> Vec<Fault> {
        let mut faults = trailing(line, "组完");
        self.store();
        self.is_lost = false;
        if self.nested > 0 {
            self.nested -= 1;
            return faults;
        }
        let comments = std::mem::take(&mut self.comments);
        match self.group.take() {
            Some((mut group, _)) => {
                group.remarks.extend(remarks(comments, Part::End, 0));
                self.place_item(group);
            }
            None => faults.push(
                line.fault(from, "FM021", "组完 前面没有 组")
                    .with_hint("删掉这一行，或在前面补上 组 名称 文字"),
            ),
        }
        faults
    }

    pub(super) fn close_page(&mut self, line: &Line<'_>, from: usize) -> Vec<Fault> {
        let mut faults = trailing(line, "页完");
        self.store();
        self.is_lost = false;
        faults.extend(self.end_group());
        let comments = std::mem::take(&mut self.comments);
        match &mut self.page {
            Some((page, _)) => page.remarks.extend(remarks(comments, Part::End, 0)),
            None => faults.push(
                line.fault(from, "FM021", "页完 前面没有 页")
                    .with_hint("删掉这一行，或在前面补上 页 名称 文字"),
            ),
        }
        self.end_page();
        faults
    }

    pub(super) fn flag(&mut self, flag: Flag, line: &Line<'_>, from: usize) -> Vec<Fault> {
        let comments = std::mem::take(&mut self.comments);
        if self.is_lost {
            return Vec::new();
        }
        let name = words::flag_name(flag);
        match self.target() {
            Target::Item(item) if !words::takes(item.kind, flag) => {
                let message = format!("{} {} 不能是 {name}", words::kind_name(item.kind), item.id.text);
                vec![line.fault(from, "FM016", message).with_hint("删掉这一行")]
            }
            Target::Item(item) if item.has(flag) => {
                vec![line.fault(from, "FM016", format!("{name} 写了两次")).with_hint("删掉这一行")]
            }
            Target::Item(item) => {
                item.remarks.extend(remarks(comments, Part::Flag, item.flags.len()));
                item.flags.push(flag);
                Vec::new()
            }
            Target::Draft(_) | Target::Closed => {
                vec![
                    line.fault(from, "FM016", format!("{name} 应写在一道题下面"))
                        .with_hint("移到它所说的题下面"),
                ]
            }
        }
    }

    pub(super) fn property(&mut self, key: Written, when: Option<Written>, value: Written) -> Vec<Fault> {
        let comments = std::mem::take(&mut self.comments);
        if self.is_lost {
            return Vec::new();
        }
        let file = self.file;
        let (properties, remarks_of) = match self.target() {
            Target::Draft(draft) => (&mut draft.properties, &mut draft.remarks),
            Target::Item(item) => (&mut item.properties, &mut item.remarks),
            Target::Closed => {
                let message = format!("{} 前面没有题：组和页的属性要写在它们的第一道题之前", key.text);
                return vec![
                    Fault::error(file, key.place.line, "FM007", message)
                        .at_column(key.place.column)
                        .with_hint("移到 组 或 页 那一行的下面"),
                ];
            }
        };
        remarks_of.extend(remarks(comments, Part::Property, properties.len()));
        properties.push(Property { key, when, value });
        Vec::new()
    }

    pub(super) fn choice(&mut self, choice: Choice, line: &Line<'_>, from: usize) -> Vec<Fault> {
        let comments = std::mem::take(&mut self.comments);
        if self.is_lost {
            return Vec::new();
        }
        match self.target() {
            Target::Item(item) => {
                item.remarks.extend(remarks(comments, Part::Option, item.options.len()));
                item.options.push(choice);
                Vec::new()
            }
            Target::Draft(_) | Target::Closed => {
                vec![
                    line.fault(from, "FM018", "选项前面没有题")
                        .with_hint("先写 单选 名称 文字 或 多选 名称 文字"),
                ]
            }
        }
    }

    pub(super) fn row(&mut self, row: Row, line: &Line<'_>, from: usize) -> Vec<Fault> {
        let comments = std::mem::take(&mut self.comments);
        if self.is_lost {
            return Vec::new();
        }
        match self.target() {
            Target::Item(item) => {
                item.remarks.extend(remarks(comments, Part::Row, item.rows.len()));
                item.rows.push(row);
                Vec::new()
            }
            Target::Draft(_) | Target::Closed => {
                vec![line.fault(from, "FM020", "行 前面没有表格").with_hint("先写 表格 名称 文字")]
            }
        }
    }

    /// The draft, and what was left open.
    pub(super) fn finish(mut self) -> (Draft, Vec<Fault>) {
        self.store();
        let mut faults = self.end_group();
        self.end_page();
        if !self.has_header {
            faults.push(
                Fault::error(self.file, 1, "FM002", "没有 问卷 这一行：第一行应是 问卷 名称 标题")
                    .with_hint("例如 问卷 headache-first 头痛初诊"),
            );
            // The stand-in draws no further fault about the name and the title.
            (self.draft.id, self.draft.title) = ("x".to_owned().into(), "x".to_owned().into());
        }
        self.draft.remarks.extend(remarks(self.comments, Part::End, 0));
        (self.draft, faults)
    }

    fn target(&mut self) -> Target<'_> {
        if let Some(item) = &mut self.last {
            return Target::Item(item);
        }
        match (&mut self.group, &mut self.page) {
            (Some((group, _)), _) if group.items.is_empty() => Target::Item(group),
            (None, Some((page, _))) if page.items.is_empty() => Target::Item(page),
            (None, None) if self.draft.items.is_empty() => Target::Draft(&mut self.draft),
            _ => Target::Closed,
        }
    }

    fn store(&mut self) {
        if let Some(item) = self.last.take() {
            self.place_item(item);
        }
    }

    fn place_item(&mut self, item: Item) {
        match (&mut self.group, &mut self.page) {
            (Some((group, _)), _) => group.items.push(item),
            (None, Some((page, _))) => page.items.push(item),
            (None, None) => self.draft.items.push(item),
        }
    }

    fn end_group(&mut self) -> Vec<Fault> {
        self.nested = 0;
        let Some((group, place)) = self.group.take() else { return Vec::new() };
        let message = format!("组 {} 没有 组完", group.id.text);
        self.place_item(group);
        vec![
            Fault::error(self.file, place.line, "FM021", message)
                .at_column(place.column)
                .with_hint("在组的最后一道题后面补一行 组完"),
        ]
    }

    fn end_page(&mut self) {
        if let Some((page, _)) = self.page.take() {
            self.draft.items.push(page);
        }
    }
}

fn remarks(comments: Vec<String>, part: Part, index: usize) -> impl Iterator<Item = Remark> {
    comments.into_iter().map(move |text| Remark { part, index, text })
}

fn trailing(line: &Line<'_>, word: &str) -> Vec<Fault> {
    if line.is_at_end() {
        return Vec::new();
    }
    vec![
        line.fault(line.at, "FM016", format!("{word} 要单独占一行，后面不写别的"))
            .with_hint("把后面的内容写到下一行"),
    ]
}
