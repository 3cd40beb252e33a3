//! What `jy:unverified [ jy:property … ; jy:value … ]` says of a subject: values in doubt stand there and
//! never as values of the property itself.

use crate::{
    compile::Reader,
    graph::{Node, Object, Place},
};

pub(super) struct Doubts<'a> {
    values: Vec<(&'a str, &'a str, Place)>,
    /// Properties without a value: open questions.
    pub(super) open: Vec<&'a str>,
}

/// A value, its place, and whether it is beyond doubt.
pub(super) type Value<'a> = (&'a str, Place, bool);

impl<'a> Doubts<'a> {
    pub(super) fn of(reader: &mut Reader<'a>, node: &'a Node) -> Self {
        let (mut values, mut open) = (Vec::new(), Vec::new());
        for property in node.all("jy:unverified") {
            let Some(nested) = reader.nested(property) else { continue };
            let Some(name) = nested.key("jy:property") else {
                reader.fault(property.place, "KB003", "jy:unverified 缺少 jy:property".to_owned());
                continue;
            };
            match nested.text("jy:value").or_else(|| nested.key("jy:value")) {
                Some(value) => values.push((name, value, property.place)),
                None => open.push(name),
            }
        }
        Self { values, open }
    }

    /// The values in doubt of a property.
    pub(super) fn doubtful<'n>(&self, name: &'n str) -> impl Iterator<Item = Value<'a>> + use<'_, 'a, 'n> {
        let of_name = self.values.iter().filter(move |(own, _, _)| *own == name);
        of_name.map(|(_, value, place)| (*value, *place, false))
    }

    /// The values of a property, those beyond doubt first.
    pub(super) fn values(&self, node: &'a Node, name: &str) -> Vec<Value<'a>> {
        let sure = node.all(name).filter_map(|property| match &property.object {
            Object::Text(text) | Object::Key(text) => Some((text.as_str(), property.place, true)),
            Object::Nested(_) => None,
        });
        sure.chain(self.doubtful(name)).collect()
    }
}
