//! Reads SFZ instruments: the subset of the format that the libraries in use need.
//!
//! Opcodes are inherited from global to master to group to region. `#include` and `#define` are
//! expanded; controllers stand at their `set_cc` values; of round robins the first is taken.
//! Format: sfzformat.com, "SFZ v1" and "SFZ v2".

use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The opcodes of a region, inherited ones included.
#[derive(Clone, Debug, Default)]
pub struct Region {
    opcodes: HashMap<String, String>,
    /// Controllers where the file sets them, 0 to 127.
    controllers: Rc<HashMap<String, f32>>,
    /// The file of the sample.
    pub sample: PathBuf,
}

impl Region {
    /// The number of an opcode, if it is there and is one.
    pub fn number(&self, name: &str) -> Option<f32> {
        self.opcodes.get(name)?.parse().ok()
    }

    /// The value of an opcode with what controllers at rest add to it.
    pub fn modulated(&self, name: &str) -> Option<f32> {
        let plain = self.number(name);
        let mut added = None;
        for (opcode, value) in &self.opcodes {
            let Some(rest) = opcode.strip_prefix(name) else { continue };
            let Some(number) = rest.strip_prefix("_oncc").or(rest.strip_prefix("cc")) else {
                continue;
            };
            let share = self.controllers.get(number).copied().unwrap_or(0.0) / 127.0;
            *added.get_or_insert(0.0) += share * value.parse::<f32>().unwrap_or(0.0);
        }
        match (plain, added) {
            (None, None) => None,
            (plain, added) => Some(plain.unwrap_or(0.0) + added.unwrap_or(0.0)),
        }
    }

    /// The MIDI key of an opcode: a number or a name such as `c#4`, where `c4` is 60.
    pub fn key(&self, name: &str) -> Option<i32> {
        let value = self.opcodes.get(name)?;
        value.parse().ok().or_else(|| note_number(value))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.opcodes.get(name).map(String::as_str)
    }

    /// Whether a note played from the start, with the controllers at rest, plays this region.
    fn is_played(&self, keyswitch: Option<i32>) -> bool {
        let first_of_round = self.number("seq_position").is_none_or(|position| position <= 1.0)
            && self.number("lorand").is_none_or(|low| low <= 0.0);
        let attack =
            self.text("trigger").is_none_or(|trigger| matches!(trigger, "attack" | "first"));
        let switched = match self.key("sw_last") {
            Some(key) => keyswitch.or(self.key("sw_default")).is_none_or(|chosen| chosen == key),
            None => true,
        };
        first_of_round && attack && switched && self.is_heard()
    }

    /// Whether controllers let the region sound.
    fn is_heard(&self) -> bool {
        let now = |number: &str| self.controllers.get(number).copied().unwrap_or(0.0);
        let limit = |prefix: &str, number: &str, default: f32| {
            self.number(&format!("{prefix}{number}")).unwrap_or(default)
        };
        self.opcodes.iter().all(|(name, value)| {
            if name.starts_with("on_locc") || name.starts_with("start_locc") {
                return false;
            }
            let value: f32 = value.parse().unwrap_or(0.0);
            if let Some(number) = name.strip_prefix("locc") {
                return now(number) >= value;
            }
            if let Some(number) = name.strip_prefix("hicc") {
                return now(number) <= value;
            }
            // Of layers that a controller fades into each other, those that are nearer.
            if let Some(number) = name.strip_prefix("xfin_hicc").or(name.strip_prefix("xfin_locc"))
            {
                let (low, high) =
                    (limit("xfin_locc", number, 0.0), limit("xfin_hicc", number, 0.0));
                return now(number) >= (low + high.max(low)) / 2.0;
            }
            if let Some(number) =
                name.strip_prefix("xfout_locc").or(name.strip_prefix("xfout_hicc"))
            {
                let low = limit("xfout_locc", number, 127.0);
                let high = limit("xfout_hicc", number, 127.0);
                return now(number) <= (low.min(high) + high) / 2.0;
            }
            // Turned down altogether.
            match name.strip_prefix("amplitude_oncc").or(name.strip_prefix("amplitude_cc")) {
                Some(number) => self.opcodes.contains_key("amplitude") || now(number) > 0.0,
                None => true,
            }
        })
    }
}

/// The regions of `file` that notes play; `keyswitch` chooses the articulation in place of the
/// file's own default.
///
/// # Errors
/// If a file cannot be read.
pub fn read(file: &Path, keyswitch: Option<i32>) -> Result<Vec<Region>> {
    let base = file.parent().unwrap_or(Path::new("")).to_owned();
    let mut expander = Expander { base: base.clone(), defines: Vec::new(), depth: 0 };
    let mut text = String::new();
    expander.expand(file, &mut text)?;
    let mut controllers = HashMap::new();
    let mut regions = Vec::new();
    // Opcodes of control, global, master, group, region.
    let mut levels: [HashMap<String, String>; 5] = Default::default();
    let mut level = 0;
    for item in items(&text) {
        match item {
            Item::Header(name) => {
                if level == 4 {
                    finish(&levels, &base, &mut regions);
                }
                level = match name {
                    "control" => 0,
                    "global" => 1,
                    "master" => 2,
                    "group" => 3,
                    "region" => 4,
                    _ => 5,
                };
                if let 1..=4 = level {
                    levels[level..].iter_mut().for_each(HashMap::clear);
                }
            }
            Item::Opcode(name, value) => {
                for prefix in ["set_cc", "set_hdcc"] {
                    if let Some(number) = name.strip_prefix(prefix) {
                        let scale = if prefix == "set_cc" { 1.0 } else { 127.0 };
                        let value = value.parse::<f32>().unwrap_or(0.0);
                        controllers.insert(number.to_owned(), scale * value);
                    }
                }
                if let Some(opcodes) = levels.get_mut(level) {
                    opcodes.insert(name.to_owned(), value.to_owned());
                }
            }
        }
    }
    if level == 4 {
        finish(&levels, &base, &mut regions);
    }
    let controllers = Rc::new(controllers);
    regions.iter_mut().for_each(|region| region.controllers = controllers.clone());
    regions.retain(|region| region.is_played(keyswitch));
    ensure!(!regions.is_empty(), "{} has no region that a note plays", file.display());
    Ok(regions)
}

fn finish(levels: &[HashMap<String, String>; 5], base: &Path, regions: &mut Vec<Region>) {
    let mut opcodes = HashMap::new();
    for level in levels {
        opcodes.extend(level.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    let Some(sample) = opcodes.get("sample").filter(|sample| !sample.starts_with('*')) else {
        return;
    };
    let path = format!("{}{sample}", opcodes.get("default_path").map_or("", String::as_str));
    let sample = base.join(path.replace('\\', "/"));
    regions.push(Region { opcodes, controllers: Rc::default(), sample });
}

/// Puts included files and defined names in their places.
struct Expander {
    base: PathBuf,
    defines: Vec<(String, String)>,
    depth: usize,
}

impl Expander {
    fn expand(&mut self, file: &Path, out: &mut String) -> Result<()> {
        const DEEPEST: usize = 16;
        self.depth += 1;
        ensure!(self.depth <= DEEPEST, "{}: includes are nested too deep", file.display());
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}');
        for line in text.lines() {
            let line = line.split("//").next().unwrap_or("");
            // Several directives may stand on a line.
            let mut rest = line;
            while let Some(at) = rest.find('#') {
                let (before, after) = rest.split_at(at);
                if let Some(tail) = after.strip_prefix("#include") {
                    self.replace(before, out);
                    let mut quoted = tail.splitn(3, '"').skip(1);
                    let name = quoted.next().context("an #include without a file name")?;
                    let mut expanded = String::new();
                    self.replace(name, &mut expanded);
                    let name = expanded.replace('\\', "/");
                    let beside = file.parent().unwrap_or(Path::new("")).join(&name);
                    let path = [self.base.join(&name), beside].into_iter().find(|p| p.exists());
                    self.expand(&path.with_context(|| format!("no file {name}"))?, out)?;
                    rest = quoted.next().unwrap_or("");
                } else if let Some(tail) = after.strip_prefix("#define") {
                    self.replace(before, out);
                    let mut parts = tail.trim_start().splitn(2, char::is_whitespace);
                    let name = parts.next().unwrap_or("");
                    let tail = parts.next().unwrap_or("").trim_start();
                    let end = tail.find(char::is_whitespace).unwrap_or(tail.len());
                    let value = (name.to_owned(), tail[..end].to_owned());
                    self.defines.retain(|(known, _)| known != name);
                    self.defines.push(value);
                    self.defines.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
                    rest = &tail[end..];
                } else {
                    // A sharp in the name of a note or file.
                    let (kept, tail) = rest.split_at(at + 1);
                    self.replace(kept, out);
                    rest = tail;
                }
            }
            self.replace(rest, out);
            out.push('\n');
        }
        self.depth -= 1;
        Ok(())
    }

    fn replace(&self, text: &str, out: &mut String) {
        let mut text = text.to_owned();
        for _ in 0..4 {
            if !text.contains('$') {
                break;
            }
            for (name, value) in &self.defines {
                text = text.replace(name.as_str(), value);
            }
        }
        out.push_str(&text);
    }
}

#[derive(Debug, PartialEq)]
enum Item<'a> {
    Header(&'a str),
    Opcode(&'a str, &'a str),
}

/// Headers and opcodes in order. A value ends at the line's end, at a header, or where the next
/// opcode begins: names of samples have blanks in them.
fn items(text: &str) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    for line in text.lines() {
        let mut rest = line.trim();
        while !rest.is_empty() {
            if let Some(tail) = rest.strip_prefix('<') {
                let Some(end) = tail.find('>') else { break };
                items.push(Item::Header(&tail[..end]));
                rest = tail[end + 1..].trim_start();
                continue;
            }
            let Some(equals) = rest.find('=') else { break };
            let name = rest[..equals].trim();
            let tail = &rest[equals + 1..];
            let header = tail.find('<').unwrap_or(tail.len());
            let next = tail[..header].find('=').map_or(header, |equals| {
                tail[..equals].rfind(char::is_whitespace).unwrap_or(header)
            });
            items.push(Item::Opcode(name, tail[..next].trim()));
            rest = tail[next..].trim_start();
        }
    }
    items
}

/// The MIDI key of a name such as `c#4`, `Db3` or `a-1`, where `c4` is 60.
pub fn note_number(name: &str) -> Option<i32> {
    let name = name.to_lowercase();
    let letter = name.chars().next()?;
    let tone = [('c', 0), ('d', 2), ('e', 4), ('f', 5), ('g', 7), ('a', 9), ('b', 11)]
        .into_iter()
        .find(|&(known, _)| known == letter)?
        .1;
    let rest = &name[1..];
    let (shift, octave) = match rest.chars().next()? {
        '#' | 's' => (1, &rest[1..]),
        'b' => (-1, &rest[1..]),
        _ => (0, rest),
    };
    Some(12 * (octave.parse::<i32>().ok()? + 1) + tone + shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_inherit_and_only_those_that_a_note_plays_are_kept() {
        let folder = std::env::temp_dir().join(format!("musicap-sfz-{}", std::process::id()));
        fs::create_dir_all(folder.join("Data")).unwrap();
        fs::write(
            folder.join("main.sfz"),
            "#define $EXT flac // the extension\n\
             <control> default_path=My Samples\\ set_cc7=100\n\
             <global> ampeg_release=0.5 amp_veltrack=90\n\
             <group> lovel=1 hivel=63 ampeg_release=0.7\n\
             #include \"Data/soft.txt\"\n\
             <group> trigger=release <region> sample=noise.$EXT key=60\n\
             <group> lovel=64 <region> sample=loud F#3.$EXT key=f#3 seq_position=2\n\
             <region> locc7=101 sample=off.wav key=60\n\
             <region> sample=loud F#3.$EXT key=f#3 tune=-7",
        )
        .unwrap();
        fs::write(folder.join("Data/soft.txt"), "<region> sample=soft A 3.$EXT lokey=57 hikey=58")
            .unwrap();
        let regions = read(&folder.join("main.sfz"), None).unwrap();
        let files: Vec<_> = regions.iter().map(|r| r.sample.file_name().unwrap()).collect();
        assert_eq!(files, ["soft A 3.flac", "loud F#3.flac"]);
        assert!(regions[0].sample.parent().unwrap().ends_with("My Samples"));
        assert_eq!(regions[0].number("ampeg_release"), Some(0.7));
        assert_eq!(regions[0].number("hivel"), Some(63.0));
        assert_eq!(regions[1].number("ampeg_release"), Some(0.5));
        assert_eq!(regions[1].key("key"), Some(54));
        assert_eq!(regions[1].number("tune"), Some(-7.0));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn notes_have_their_numbers() {
        let notes = [("c4", 60), ("C-1", 0), ("a#0", 22), ("Db5", 73), ("Gs3", 56)];
        for (name, number) in notes {
            assert_eq!(note_number(name), Some(number), "{name}");
        }
        assert_eq!(note_number("loop"), None);
    }
}
