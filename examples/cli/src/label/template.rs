//! Templates: `{genre}, {key}, {bpm} BPM, {voices}`.

use musicap::Result;

use super::invalid;
use super::values::Values;

const NAMES: &str = "{caption}, {tags}, {genre}, {genres}, {key}, {bpm}, {tempo}, \
    {time_signature}, {voices}, {instruments}, {loudness}, {duration}, {name} or {file}";

/// A template: parts between commas, each of texts and values.
#[derive(Debug, PartialEq)]
pub struct Template(Vec<Vec<Piece>>);

#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Value(String),
}

impl Template {
    /// # Errors
    /// [`Error::InvalidOption`](musicap::Error::InvalidOption) for a value that does not exist, or a
    /// brace without its partner.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |what: &str| invalid("--template", what, NAMES);
        let part = |part: &str| {
            let (mut pieces, mut rest) = (Vec::new(), part);
            while let Some((before, after)) = rest.split_once('{') {
                let (name, after) = after.split_once('}').ok_or_else(|| wrong(part))?;
                if value(&Values::default(), name).is_none() {
                    return Err(wrong(&format!("{{{name}}}")));
                }
                pieces.push(Piece::Text(before.to_owned()));
                pieces.push(Piece::Value(name.to_owned()));
                rest = after;
            }
            if rest.contains('}') {
                return Err(wrong(part));
            }
            pieces.push(Piece::Text(rest.to_owned()));
            Ok(pieces)
        };
        text.split(',').map(part).collect::<Result<_>>().map(Template)
    }

    /// The text of a track: its caption if no value of the template is known.
    pub fn text(&self, values: &Values) -> String {
        Some(self.fill(values)).filter(|text| !text.is_empty()).unwrap_or(values.caption.clone())
    }

    /// The text of a track, without the parts that have a value that is not known.
    fn fill(&self, values: &Values) -> String {
        let part = |pieces: &Vec<Piece>| {
            let piece = |piece: &Piece| match piece {
                Piece::Text(text) => Some(text.clone()),
                Piece::Value(name) => value(values, name).filter(|found| !found.is_empty()),
            };
            let texts = pieces.iter().map(piece).collect::<Option<Vec<String>>>()?;
            Some(texts.into_iter().fold(String::new(), |mut all, text| {
                // A caption brings its own full stop.
                if all.ends_with('.') && text.starts_with('.') && !text.starts_with("..") {
                    all.pop();
                }
                all + &text
            }))
        };
        let parts = self.0.iter().filter_map(part);
        let parts: Vec<String> = parts.map(|part| part.trim().to_owned()).collect();
        parts.join(", ")
    }
}

/// A value by its name in templates: empty if it is not known, `None` if there is no such value.
fn value(values: &Values, name: &str) -> Option<String> {
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    Some(match name {
        "caption" => values.caption.clone(),
        "tags" => values.tags().join(", "),
        "genre" => values.genres.first().cloned().unwrap_or_default(),
        "genres" => values.genres.join(", "),
        "key" => values.key.clone().unwrap_or_default(),
        "bpm" => number(values.bpm),
        "tempo" => values.tempo.unwrap_or_default().to_owned(),
        "time_signature" => match values.beats_per_bar {
            Some(beats) => format!("{beats}/4"),
            None => String::new(),
        },
        "voices" => values.voices.join(", "),
        "instruments" => values.instruments.join(", "),
        "loudness" => values.lufs.map(|lufs| format!("{lufs} LUFS")).unwrap_or_default(),
        "duration" => format!("{:.0}", values.duration_s),
        "name" => values.name().to_owned(),
        "file" => values.file.clone(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_with_unknown_values_are_left_out() {
        let template = Template::parse("{genre}, {key}, {bpm} BPM, {voices}").unwrap();
        let mut values = Values {
            genres: vec!["jazz".into(), "rock".into()],
            bpm: Some(120),
            voices: vec!["female vocal".into()],
            ..Values::default()
        };
        assert_eq!(template.fill(&values), "jazz, 120 BPM, female vocal");
        values.key = Some("E minor".into());
        values.bpm = None;
        assert_eq!(template.fill(&values), "jazz, E minor, female vocal");
        assert_eq!(template.fill(&Values::default()), "");
        values = Values { caption: "A slow piece.".into(), ..Values::default() };
        assert_eq!(template.text(&values), "A slow piece.");
        let template = Template::parse("{caption}. Music.").unwrap();
        assert_eq!(template.text(&values), "A slow piece. Music.");
    }

    #[test]
    fn unknown_names_and_single_braces_are_refused() {
        for wrong in ["{gender}", "{key", "key}", "{}"] {
            let error = Template::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("--template") && error.contains("{bpm}"), "{error}");
        }
    }
}
