use serde::{Deserialize, Deserializer, de::Error};

/// Beyond it not every whole number has a float of its own.
const LARGEST: f64 = 9_007_199_254_740_992.0;

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Whole(usize),
    Real(f64),
}

/// A count as JSON Schema understands `integer`: `7.0` is as whole as `7`, and some languages write nothing else. For
/// `#[serde(deserialize_with)]`.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match Number::deserialize(deserializer)? {
        Number::Whole(number) => Ok(number),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, not negative and exact below the bound"
        )]
        Number::Real(number) if number.fract() == 0.0 && (0.0..LARGEST).contains(&number) => {
            Ok(number as usize)
        }
        Number::Real(number) => Err(D::Error::custom(format!("应为不小于 0 的整数，而不是 {number}"))),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("7", Some(7))]
    #[case("7.0", Some(7))]
    #[case("1e3", Some(1000))]
    #[case("7.5", None)]
    #[case("-1", None)]
    #[case("-1.0", None)]
    #[case("1e300", None)]
    #[case("\"7\"", None)]
    fn a_whole_number_may_be_written_as_a_float(#[case] json: &str, #[case] expected: Option<usize>) {
        let read = super::whole(&mut serde_json::Deserializer::from_str(json));
        assert_eq!(read.ok(), expected);
    }
}
