//! A cache of keys and values that are written once and found by their places.

use std::collections::VecDeque;

use burn::prelude::*;

use super::attention::{KvPair, attend_rows};
use super::flex;
use super::vector::Stored;

/// The pages of a decoder's tokens, one for every call.
#[derive(Clone, Debug)]
pub struct Pages<T> {
    pages: VecDeque<Page<T>>,
    /// Pages that have been dropped from the front.
    dropped: usize,
    /// For each row the places of the tokens that it has seen.
    rows: Vec<Vec<Place>>,
}

/// Keys and values of one call, a pair of `[tokens, d_model]` for each layer.
type Page<T> = Vec<(Vec<T>, Vec<T>)>;

/// Where a token is: its page, counted from the first there ever was, and its number there.
#[derive(Clone, Copy, Debug)]
struct Place {
    page: usize,
    token: usize,
}

impl<T: Stored> Pages<T> {
    pub fn new() -> Self {
        Pages { pages: VecDeque::new(), dropped: 0, rows: Vec::new() }
    }

    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    pub fn add_rows(&mut self, count: usize) {
        self.rows.resize(self.rows.len() + count, Vec::new());
    }

    /// Takes the rows of `other` behind its own, with their pages.
    pub fn append(&mut self, mut other: Pages<T>) {
        let shift = self.dropped + self.pages.len();
        let dropped = other.dropped;
        self.pages.append(&mut other.pages);
        self.rows.extend(other.rows.into_iter().map(|mut row| {
            row.iter_mut().for_each(|place| place.page = place.page - dropped + shift);
            row
        }));
    }

    pub fn advance(&mut self, length: usize) -> Vec<usize> {
        self.pages.push_back(Page::new());
        let page = self.dropped + self.pages.len() - 1;
        let mut positions = Vec::with_capacity(self.rows.len() * length);
        for (i, row) in self.rows.iter_mut().enumerate() {
            for token in i * length..(i + 1) * length {
                positions.push(row.len());
                row.push(Place { page, token });
            }
        }
        positions
    }

    pub fn attend(
        &mut self,
        layer: usize,
        queries: Tensor<3>,
        next: KvPair,
        heads: usize,
    ) -> Tensor<3> {
        let shape @ [_, length, d_model] = queries.dims();
        let page = self.pages.back_mut().expect("a page to write to");
        debug_assert_eq!(page.len(), layer, "layers come in their order");
        page.push((T::store(next.keys), T::store(next.values)));
        let (pages, rows) = (&self.pages, &self.rows);
        let found = attend_rows(flex::into_vec(queries), d_model, heads, |i, listed| {
            let (row, token) = (i / length, i % length);
            // A token does not see those fed after it.
            let seen = rows[row].len() - (length - 1 - token);
            listed.extend(rows[row][..seen].iter().map(|place| {
                let (keys, values) = &pages[place.page - self.dropped][layer];
                let span = place.token * d_model..(place.token + 1) * d_model;
                (&keys[span.clone()], &values[span])
            }));
        });
        flex::tensor(found, shape)
    }

    pub fn reorder(&mut self, parents: &[usize]) {
        self.rows = parents.iter().map(|&parent| self.rows[parent].clone()).collect();
        // What no row has seen is of no use to any row to come.
        let first = self.rows.iter().filter_map(|row| Some(row.first()?.page)).min();
        let first = first.unwrap_or(self.dropped + self.pages.len());
        while self.dropped < first {
            self.pages.pop_front();
            self.dropped += 1;
        }
    }
}
