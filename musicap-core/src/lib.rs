//! musicap
