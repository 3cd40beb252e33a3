//! What the standard elements of a document do not bring back, carried in extensions of ours.
//!
//! Each of them says what the standard elements gave when it was written. Where they give something else when the
//! document comes back, somebody has edited them with another program: they win, and our spelling is dropped.

use serde_json::{Value, json};

use crate::form::draft::{Draft, Item, Property, Written};

use super::{super::document::Findings, address::own, extend::Own, write::extension};

/// The fields of an item that are compared as a whole, as JSON.
pub(super) fn fields(item: &Item) -> Vec<(&'static str, String)> {
    let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
    vec![
        ("kind", json(serde_json::to_string(&item.kind))),
        ("id", json(serde_json::to_string(&item.id))),
        ("text", json(serde_json::to_string(&item.text))),
        ("flags", json(serde_json::to_string(&item.flags))),
        ("options", json(serde_json::to_string(&item.options))),
        ("rows", json(serde_json::to_string(&item.rows))),
        ("comments", json(serde_json::to_string(&item.comments))),
        ("remarks", json(serde_json::to_string(&item.remarks))),
    ]
}

/// The fields of a questionnaire that are compared as a whole.
pub(super) fn head(draft: &Draft) -> Vec<(&'static str, String)> {
    let remarks = serde_json::to_string(&draft.remarks).unwrap_or_default();
    vec![("id", draft.id.text.clone()), ("title", draft.title.text.clone()), ("remarks", remarks)]
}

/// Sets a field of an item; false when the text is not one.
fn set(item: &mut Item, field: &str, text: &str) -> bool {
    fn read<T: serde::de::DeserializeOwned>(into: &mut T, text: &str) -> bool {
        serde_json::from_str(text).map(|value| *into = value).is_ok()
    }
    match field {
        "kind" => read(&mut item.kind, text),
        "id" => read(&mut item.id, text),
        "text" => read(&mut item.text, text),
        "flags" => read(&mut item.flags, text),
        "options" => read(&mut item.options, text),
        "rows" => read(&mut item.rows, text),
        "comments" => read(&mut item.comments, text),
        "remarks" => read(&mut item.remarks, text),
        _ => false,
    }
}

fn carried(name: &str, parts: &[(&str, Option<&str>)], dropped: bool) -> Value {
    let mut inner: Vec<Value> = parts
        .iter()
        .filter_map(|(key, text)| Some(extension((*key).to_owned(), "valueString", json!((*text)?))))
        .collect();
    if dropped {
        inner.push(extension("dropped".to_owned(), "valueBoolean", json!(true)));
    }
    json!({"url": own(name), "extension": inner})
}

/// Extensions for the fields that come back differently.
pub(super) fn field_extensions(own: &[(&str, String)], standard: &[(&str, String)]) -> Vec<Value> {
    let pairs = own.iter().zip(standard).filter(|(own, standard)| own.1 != standard.1);
    pairs
        .map(|((name, value), (_, standard))| {
            carried(
                "field",
                &[("key", Some(name)), ("value", Some(value)), ("standard", Some(standard))],
                false,
            )
        })
        .collect()
}

/// Extensions for the properties, all of them and in order, when they come back differently.
pub(super) fn property_extensions(own: &[Property], standard: &[Property]) -> Vec<Value> {
    if own == standard {
        return Vec::new();
    }
    let mut left: Vec<Option<&Property>> = standard.iter().map(Some).collect();
    // Equal ones find each other first, then those with the same key.
    let mut partners: Vec<Option<&Property>> = own
        .iter()
        .map(|property| left.iter_mut().find(|other| **other == Some(property)).and_then(Option::take))
        .collect();
    for (property, partner) in own.iter().zip(&mut partners) {
        if partner.is_none() {
            let same_key =
                |other: &&mut Option<&Property>| other.is_some_and(|other| other.key == property.key);
            *partner = left.iter_mut().find(same_key).and_then(Option::take);
        }
    }
    let mut extensions: Vec<Value> = own
        .iter()
        .zip(partners)
        .map(|(property, partner)| {
            let key = ("key", Some(property.key.text.as_str()));
            if partner == Some(property) {
                return carried("property", &[key], false);
            }
            let when = ("when", property.when.as_ref().map(|when| when.text.as_str()));
            let standard = ("standard", partner.map(|partner| partner.value.text.as_str()));
            carried("property", &[key, when, ("value", Some(&property.value.text)), standard], false)
        })
        .collect();
    for gone in left.into_iter().flatten() {
        let parts = [("key", Some(gone.key.text.as_str())), ("standard", Some(gone.value.text.as_str()))];
        extensions.push(carried("property", &parts, true));
    }
    extensions
}

/// Puts back the fields of an item that its extensions carry.
pub(super) fn restore_fields(item: &mut Item, carried: &[Own], findings: &mut Findings) {
    let standard = fields(item);
    for own in carried.iter().filter(|own| own.name == "field") {
        let given = standard.iter().find(|(name, _)| *name == own.key).map(|(_, text)| text);
        let is_fresh = given.is_some() && given == own.standard.as_ref();
        if !is_fresh {
            stale(own, findings);
        } else if !set(item, &own.key, own.value.as_deref().unwrap_or_default()) {
            findings.fault("EXC003", &own.at, &format!("扩展里的 {} 读不懂", own.key));
        }
    }
}

/// Puts back the id and title of a questionnaire.
pub(super) fn restore_head(draft: &mut Draft, carried: &[Own], findings: &mut Findings) {
    for own in carried.iter().filter(|own| own.name == "field") {
        let text = own.value.as_deref().unwrap_or_default();
        if own.key == "remarks" {
            match serde_json::from_str(text) {
                Ok(remarks) => draft.remarks = remarks,
                Err(_) => findings.fault("EXC003", &own.at, "扩展里的 remarks 读不懂"),
            }
            continue;
        }
        let field = match own.key.as_str() {
            "id" => &mut draft.id,
            "title" => &mut draft.title,
            _ => {
                findings.lose("EXC101", &own.at, &own.key, "不认识的扩展");
                continue;
            }
        };
        if own.standard.as_deref() == Some(field.text.as_str()) {
            *field = Written::from(own.value.clone().unwrap_or_default());
        } else {
            stale(own, findings);
        }
    }
}

/// The properties with those that extensions carry, in the order they say.
pub(super) fn restored(standard: Vec<Property>, carried: &[Own], findings: &mut Findings) -> Vec<Property> {
    if !carried.iter().any(|own| own.name == "property") {
        return standard;
    }
    let mut left: Vec<Option<Property>> = standard.into_iter().map(Some).collect();
    let mut all = Vec::new();
    for own in carried.iter().filter(|own| own.name == "property") {
        let mut take = |value: Option<&str>| {
            let fits = |property: &Property| {
                property.key.text == own.key && value.is_none_or(|value| property.value.text == value)
            };
            left.iter_mut().find(|property| property.as_ref().is_some_and(fits)).and_then(Option::take)
        };
        let written = || Property {
            key: own.key.clone().into(),
            when: own.when.clone().map(Written::from),
            value: own.value.clone().unwrap_or_default().into(),
        };
        match (&own.value, &own.standard) {
            (None, Some(standard)) if own.dropped => {
                take(Some(standard));
            }
            (None, _) => all.extend(take(None)),
            (Some(_), None) => all.push(written()),
            (Some(_), Some(standard)) => {
                if take(Some(standard)).is_some() {
                    all.push(written());
                } else {
                    stale(own, findings);
                    all.extend(take(None));
                }
            }
        }
    }
    all.extend(left.into_iter().flatten());
    all
}

fn stale(own: &Own, findings: &mut Findings) {
    let text = own.value.as_deref().unwrap_or_default();
    findings.lose("EXC106", &own.at, &format!("{} {text}", own.key), "标准内容后来在别处改过，以改后的为准");
}
