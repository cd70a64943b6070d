//! An array in JSON, parsed into one flat vector.
//!
//! The shape is known before, so the parser allocates nothing but the values (two bytes for each
//! byte of JSON, as a value takes at least two characters and becomes four bytes) and stops at the
//! first list of a wrong length. Nested vectors would take 24 bytes for each `[0]`, and more for
//! serde's copy of a document whose kind is not known yet.

use std::fmt;

use ndarray::Array3;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

/// Parses a list of chunks, each `n_mels` lists of `frames` numbers, alone or as the member
/// `instances` of an object.
///
/// # Errors
/// If the JSON is anything else, with the position.
pub fn parse(json: &[u8], [n_mels, frames]: [usize; 2]) -> Result<Array3<f32>, String> {
    let mut values = Vec::with_capacity(json.len() / 2);
    let mut parser = serde_json::Deserializer::from_slice(json);
    let list = List { values: &mut values, lengths: &[None, Some(n_mels), Some(frames)] };
    let parsed = Document(list).deserialize(&mut parser).and_then(|()| parser.end());
    parsed.map_err(|error| {
        let what = match error.classify() {
            Category::Eof => "it ends too early".to_owned(),
            Category::Syntax | Category::Io => "a syntax error".to_owned(),
            Category::Data => format!(
                "not what is expected: a list of chunks, each {n_mels} lists of {frames} numbers, \
                 alone or as `instances` of an object"
            ),
        };
        let (line, column) = (error.line(), error.column());
        format!("the JSON cannot be used: line {line}, column {column}: {what}")
    })?;
    let chunks = values.len() / (n_mels * frames);
    Ok(Array3::from_shape_vec((chunks, n_mels, frames), values).expect("every length was checked"))
}

/// The list, or an object with the list.
struct Document<'a>(List<'a>);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of chunks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.visit_seq(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut list = Some(self.0);
        while let Some(is_instances) = object.next_key_seed(IsInstances)? {
            match (is_instances, list.take()) {
                (true, Some(list)) => object.next_value_seed(list)?,
                (true, None) => return Err(A::Error::custom("instances twice")),
                (false, unused) => {
                    object.next_value::<IgnoredAny>()?;
                    list = unused;
                }
            }
        }
        match list {
            None => Ok(()),
            Some(_) => Err(A::Error::custom("no instances")),
        }
    }
}

/// Whether the name of a member is `instances`. The name is not stored, whatever its length.
struct IsInstances;

impl<'de> DeserializeSeed<'de> for IsInstances {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for IsInstances {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == "instances")
    }
}

/// A list whose elements are lists, or numbers at the last level. The lengths are those of the
/// lists from here on; that of the outermost is not known.
struct List<'a> {
    values: &'a mut Vec<f32>,
    lengths: &'a [Option<usize>],
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let (expected, inner) = self.lengths.split_first().expect("a list has a length");
        let mut length = 0;
        loop {
            let found = if inner.is_empty() {
                list.next_element()?.map(|value| self.values.push(value))
            } else {
                list.next_element_seed(List { values: self.values, lengths: inner })?
            };
            match (found, expected) {
                (Some(()), Some(expected)) if length == *expected => {
                    return Err(A::Error::custom("too long"));
                }
                (Some(()), _) => length += 1,
                (None, Some(expected)) if length < *expected => {
                    return Err(A::Error::custom("too short"));
                }
                (None, _) => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_or_instances_of_the_right_shape_are_parsed() {
        let array = parse(b"[[[1, 2], [3, 4]], [[5, 6], [7, 8.5]]]", [2, 2]).unwrap();
        assert_eq!(array.dim(), (2, 2, 2));
        assert_eq!(array.as_slice().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.5]);
        let wrapped = parse(br#"{"a": [{}], "instances": [[[1]]], "b": "c"}"#, [1, 1]).unwrap();
        assert_eq!(wrapped.dim(), (1, 1, 1));
        assert_eq!(parse(b"[]", [2, 2]).unwrap().dim(), (0, 2, 2));
    }

    #[test]
    fn everything_else_is_refused_with_its_position_and_without_words_of_rust() {
        for bad in [
            "[[[1], [2, 3]]]",
            "[[[1, 2]]]",
            "[[[1, 2], [3, 4], [5, 6]]]",
            "[[[1, 2], [3, 4]], []]",
            "{}",
            "1",
            "[[[\"a\", 1], [1, 1]]]",
            "[[[1, 2], [3, 4]]",
            "[[[1, 2], [3, 4]]] x",
            "[[[1, 2], [3, null]]]",
            r#"{"instances": [], "instances": []}"#,
            "",
        ] {
            let reason = parse(bad.as_bytes(), [2, 2]).unwrap_err();
            assert!(reason.contains("line 1, column"), "{bad}: {reason}");
            for word in ["f32", "serde", "sequence", "invalid type", "map"] {
                assert!(!reason.contains(word), "{bad}: {reason}");
            }
        }
    }

    #[test]
    fn the_first_wrong_length_ends_the_parsing() {
        // What follows is not even JSON.
        let reason = parse(b"[[[1, 2, 3] and so on", [2, 2]).unwrap_err();
        assert!(reason.contains("not what is expected"), "{reason}");
    }
}
