//! The little XML that is spoken: elements with text, and one SOAP envelope.

use sha1::{Digest, Sha1};

/// `<name>text</name>`, with what is special in XML written so that it is text.
pub(crate) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn plain(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&amp;", "&")
}

/// The call of `sendRecv` with its arguments in order.
pub(crate) fn envelope(arguments: &[(&str, &str)]) -> String {
    let arguments: String = arguments.iter().map(|(name, text)| element(name, text)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
         xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><sendRecv>{arguments}</sendRecv>\
         </soap:Body></soap:Envelope>"
    )
}

/// The text of the first element of a name, whatever its prefix and attributes.
pub(crate) fn value(xml: &str, name: &str) -> Option<String> {
    let mut rest = xml;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (tag, content) = after.split_once('>')?;
        let own = tag.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default();
        if own.rsplit(':').next() == Some(name) && !own.is_empty() {
            if tag.ends_with('/') {
                return Some(String::new());
            }
            let end = content.find(&format!("</{own}>"))?;
            return Some(plain(&content[..end]));
        }
        rest = content;
    }
}

pub(crate) fn sha1_hex(text: &str) -> String {
    hex::encode(Sha1::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_broken_answers_give_nothing() {
        let inner = element("ZTCLJG", "00000 <&\"> 好");
        let outer = envelope(&[("xmlData", &inner)]);
        let found = value(&outer, "xmlData").unwrap();
        assert_eq!(value(&found, "ZTCLJG").as_deref(), Some("00000 <&\"> 好"));
        assert_eq!(value("<a:b x='1'>t</a:b>", "b").as_deref(), Some("t"));
        assert_eq!(value("<b/>", "b").as_deref(), Some(""));
        for broken in ["", "<", "<b", "<b>t", "<b>t</c>", "b>t</b>", "<bb>t</bb>"] {
            assert_eq!(value(broken, "b"), None, "{broken}");
        }
    }
}
