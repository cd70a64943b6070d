//! musicap
fn main() {}
