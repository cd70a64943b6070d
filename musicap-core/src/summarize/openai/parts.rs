//! Captions cut into parts that fit into one request each.

use serde::Serialize;

use crate::caption::{Captions, minutes};

/// Bytes of JSON to a token, at the least: English has about four, Japanese three.
const BYTES_PER_TOKEN: usize = 3;

/// One caption, or the summary of several.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Item {
    from: String,
    to: String,
    text: String,
}

impl Item {
    fn tokens(&self) -> usize {
        // Quotes, names and commas come to some eight tokens.
        self.text.len().div_ceil(BYTES_PER_TOKEN) + 12
    }
}

/// The captions that say anything.
pub(super) fn items(captions: &Captions, budget: usize) -> Vec<Item> {
    let captions = captions.captions.iter().filter(|caption| !caption.text.trim().is_empty());
    captions
        .map(|caption| Item {
            from: minutes(caption.start_s),
            to: minutes(caption.end_s),
            text: cut(&caption.text, budget),
        })
        .collect()
}

/// A part's summary as an item of the next stage.
pub(super) fn joined(part: &[Item], summary: String, budget: usize) -> Item {
    let edge = |item: Option<&Item>, time: fn(&Item) -> &String| {
        item.map_or_else(String::new, |item| time(item).clone())
    };
    Item {
        from: edge(part.first(), |item| &item.from),
        to: edge(part.last(), |item| &item.to),
        text: cut(&summary, budget),
    }
}

/// Parts of `budget` tokens at most, all about as long.
pub(super) fn split(items: Vec<Item>, budget: usize) -> Vec<Vec<Item>> {
    let all: usize = items.iter().map(Item::tokens).sum();
    let wanted = all.div_ceil(all.div_ceil(budget).max(1));
    let mut parts: Vec<Vec<Item>> = Vec::new();
    let mut room = 0;
    for item in items {
        let tokens = item.tokens();
        match parts.last_mut() {
            Some(part) if tokens <= room => part.push(item),
            _ => {
                // A little over the even share, so that rounding makes no part of one caption.
                room = budget.min(wanted + wanted / 8);
                parts.push(vec![item]);
            }
        }
        room = room.saturating_sub(tokens);
    }
    parts
}

/// So much of a text that four of them fit into a request: parts always become fewer.
fn cut(text: &str, budget: usize) -> String {
    let most = (budget / 4).saturating_sub(12) * BYTES_PER_TOKEN;
    text[..text.floor_char_boundary(most.min(text.len()))].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caption::Caption;

    fn captions(texts: impl Iterator<Item = String>) -> Captions {
        let caption = |(index, text)| Caption {
            index,
            start_s: 10.0 * index as f64,
            end_s: 10.0 * index as f64 + 10.0,
            text,
            score: 0.0,
            ..Caption::default()
        };
        Captions { captions: texts.enumerate().map(caption).collect(), ..Captions::default() }
    }

    #[test]
    fn parts_keep_the_order_and_the_budget() {
        let texts = (0..360).map(|n| format!("{n} {}", "word ".repeat(n % 40)));
        let items = items(&captions(texts), 500);
        let parts = split(items.clone(), 500);
        assert!(parts.iter().all(|part| part.iter().map(Item::tokens).sum::<usize>() <= 500));
        let joined: Vec<&String> = parts.iter().flatten().map(|item| &item.text).collect();
        assert_eq!(joined, items.iter().map(|item| &item.text).collect::<Vec<_>>());
        assert!(parts[..parts.len() - 1].iter().all(|part| part.len() > 5));
    }

    #[test]
    fn huge_captions_are_cut_between_letters() {
        let items = items(&captions(["楽".repeat(100_000), " ".into()].into_iter()), 500);
        assert_eq!(items.len(), 1);
        assert!(items[0].tokens() <= 125 && items[0].text.chars().all(|letter| letter == '楽'));
    }

    #[test]
    fn a_part_s_summary_spans_its_times() {
        let items = items(&captions(["a".into(), "b".into(), "c".into()].into_iter()), 500);
        let item = joined(&items, "abc".into(), 500);
        assert_eq!((&item.from[..], &item.to[..], &item.text[..]), ("0:00", "0:30", "abc"));
    }
}
