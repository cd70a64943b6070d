//! `musicap-train`: data for captioners, training, measuring.

fn main() -> anyhow::Result<()> {
    musicap_train::run()
}
