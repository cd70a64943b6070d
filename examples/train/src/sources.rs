//! Where the instruments, rooms and voices come from: repositories by name and commit, and
//! Debian packages, each with its licence and whom to credit. None is shipped.

use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A repository or package of recordings that the renderer plays.
pub struct Source {
    /// Folder below the folder of sources, or the package's name.
    pub name: &'static str,
    pub origin: Origin,
    pub licence: &'static str,
    pub credit: &'static str,
    pub what: &'static str,
}

/// How a source is had.
pub enum Origin {
    /// A public GitHub repository `owner/name` at a commit.
    GitHub { repository: &'static str, commit: &'static str },
    /// A Debian package that installs into a folder.
    Debian { folder: &'static str },
}

/// Licences under which recordings may be learnt from; whatever is not in this list is refused.
pub const ALLOWED: [&str; 9] = [
    "public domain",
    "CC0-1.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "MIT",
    "Apache-2.0",
    "BSD-style",
    // Free for any use, but not to be passed on as samples.
    "Philharmonia",
    // Per part, see `what`.
    "CC0-1.0 and CC-BY",
];

const fn github(
    name: &'static str,
    repository: &'static str,
    commit: &'static str,
    licence: &'static str,
    credit: &'static str,
    what: &'static str,
) -> Source {
    Source { name, origin: Origin::GitHub { repository, commit }, licence, credit, what }
}

/// Everything that the instruments of [`crate::instruments`] are made of.
pub const SOURCES: &[Source] = &[
    github(
        "SplendidGrandPiano",
        "sfzinstruments/SplendidGrandPiano",
        "1c595d827b7fd7f0be3134aaed0f90b3662a09cf",
        "public domain",
        "AKAI; mapped by kinwie",
        "Steinway grand piano",
    ),
    github(
        "BengtNilsson.HeadroomPiano",
        "sfzinstruments/BengtNilsson.HeadroomPiano",
        "2a7df3f7252227a3484202c1d61bc1bfe352a971",
        "CC-BY-4.0",
        "Bengt Nilsson; mapped by kinwie",
        "Yamaha C3 grand piano",
    ),
    github(
        "GregSullivan.E-Pianos",
        "sfzinstruments/GregSullivan.E-Pianos",
        "8c3e581acda3594b553948ff0222d4f84a698376",
        "CC-BY-3.0",
        "Greg Sullivan; mapped by kinwie",
        "Wurlitzer EP200, Pianet T, CP80",
    ),
    github(
        "MTG.SoloSax",
        "sfzinstruments/MTG.SoloSax",
        "b494d256549b3d088fdec176ce82867f8a1f58b2",
        "CC-BY-4.0",
        "Music Technology Group, UPF; mapped by kinwie",
        "soprano, alto, tenor and baritone saxophone",
    ),
    github(
        "karoryfer.weresax",
        "sfzinstruments/karoryfer.weresax",
        "595d1fc1044edf6260d44b8215b723a3fbdd1802",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "alto saxophone",
    ),
    github(
        "karoryfer.bear-sax",
        "sfzinstruments/karoryfer.bear-sax",
        "7abb3c652525a15dfac80e1b5dfbba9964ee568f",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "baritone saxophone",
    ),
    github(
        "karoryfer.war-tuba",
        "sfzinstruments/karoryfer.war-tuba",
        "5b62dd6ef6b00281bb734769e44a63f5e013018a",
        "CC0-1.0",
        "Karoryfer Lecolds, played by Jakub Lewicki",
        "tuba",
    ),
    github(
        "Ixox.Flute",
        "sfzinstruments/Ixox.Flute",
        "0cc54468bb0d2d9b32921958585caad65ba8df21",
        "CC-BY-4.0",
        "Xavier Hosxe; mapped by kinwie",
        "flute",
    ),
    github(
        "dsmolken.double-bass",
        "sfzinstruments/dsmolken.double-bass",
        "c2985eb647109d2a8f30a70071e3e163339d7396",
        "CC0-1.0",
        "D. Smolken",
        "double bass, bowed and plucked",
    ),
    github(
        "karoryfer.meatbass",
        "sfzinstruments/karoryfer.meatbass",
        "ac9e859564bda286ab5ec672d00ff1aa2fef2895",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "double bass, bowed and plucked",
    ),
    github(
        "karoryfer.growlybass",
        "sfzinstruments/karoryfer.growlybass",
        "4f483268fc66b5a6d5781d421c0d11b8d08d3fc6",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "electric bass",
    ),
    github(
        "karoryfer.swagbass",
        "sfzinstruments/karoryfer.swagbass",
        "9d10fcae71af1975988ddecd5af1c95d372c7355",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "electric bass",
    ),
    github(
        "karoryfer.emilyguitar",
        "sfzinstruments/karoryfer.emilyguitar",
        "b4920dc662fd9cad6dcaccdeecffdd91c8725d8c",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "electric guitar",
    ),
    github(
        "karoryfer.shinyguitar",
        "sfzinstruments/karoryfer.shinyguitar",
        "57243cca85277dbcc120ce17c6178032f93c80f3",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "electric guitar",
    ),
    github(
        "karoryfer.black-and-green-guitars",
        "kmturley/karoryfer.black-and-green-guitars",
        "f370da48d37869ed4d1b268fdb221547ac28919f",
        "CC0-1.0",
        "Karoryfer Lecolds, recorded by Brian Wood",
        "electric guitars",
    ),
    github(
        "ganjo",
        "sfzinstruments/ganjo",
        "ccff5cd5cd3b513873a48994c07724d9d3c39e1c",
        "CC0-1.0",
        "itsclipping",
        "banjo guitar",
    ),
    github(
        "karoryfer.string-cyborgs",
        "sfzinstruments/karoryfer.string-cyborgs",
        "f2238b3e36ae64c6383356221dc89c9c476c7b11",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "bowed strings as oscillators",
    ),
    github(
        "DrumGizmo.MuldjordKit",
        "sfzinstruments/DrumGizmo.MuldjordKit",
        "fc165714974aa843125ce88597f341b31376e1d5",
        "CC-BY-4.0",
        "Lars Muldjord; mapped by kinwie",
        "drum kit",
    ),
    github(
        "karoryfer.gogodze-phu-vol-i",
        "sfzinstruments/karoryfer.gogodze-phu-vol-i",
        "7452f62060cd3a468c78bc361d96a4dfb30879c9",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "cajon and bobobo drums",
    ),
    github(
        "karoryfer.gogodze-phu-vol-ii",
        "sfzinstruments/karoryfer.gogodze-phu-vol-ii",
        "69a0274cdc39c99c3098cde1bc3789690de86d62",
        "CC0-1.0",
        "Karoryfer Lecolds",
        "drums",
    ),
    github(
        "Discord-SFZ-GM-Bank",
        "sfzinstruments/Discord-SFZ-GM-Bank",
        "7a9c478fe331f94f246d33332f0adedb25bbbe27",
        "CC0-1.0 and CC-BY",
        "Alexander Holm (grand piano, CC-BY), Versilian Studios, Jeff Learman, Greg Sullivan, Narayan Bhagawan Raikar (CC0)",
        "grand and upright piano, Rhodes, steel guitar, finger bass, tremolo and plucked strings, sitar",
    ),
    github(
        "VirtualPlayingOrchestra",
        "eodowd/VirtualPlayingOrchestra",
        "f6d77b7971d900b7b3d97b9e3098aa345032e791",
        "CC0-1.0",
        "Versilian Studios (VSCO 2 Community Edition)",
        "of the mixed collection only what comes from VSCO 2 CE: harp, viola section, plucked cellos, glockenspiel",
    ),
    github(
        "philharmonia-samples",
        "skratchdot/philharmonia-samples",
        "717b7de2bcae05e44aa8a3dde143c8d093b8f6c8",
        "Philharmonia",
        "Philharmonia Orchestra",
        "orchestral instruments, guitar, banjo, percussion",
    ),
    // The same samples, with those that the other repository leaves out.
    github(
        "philharmonia-strings",
        "alpsark/PYTHON-NN-with-Philharmonia-Orchestra-datasets",
        "bbfcb9dd201b8d3ad8e6f7ba9d6d792dba88aa21",
        "Philharmonia",
        "Philharmonia Orchestra",
        "violin, viola, trumpet",
    ),
    github(
        "vcsl_hise",
        "christophhart/vcsl_hise",
        "a1d1e5105d77e6d1624461067910e969f0485e93",
        "CC0-1.0",
        "Versilian Studios (VCSL)",
        "folk harp: the recordings alone",
    ),
    github(
        "web-audio-samples",
        "GoogleChromeLabs/web-audio-samples",
        "f5fb1a57acce3f7f0a4aedb443de8cc39f206973",
        "Apache-2.0",
        "Google",
        "drum machines, impulse responses of rooms",
    ),
    Source {
        name: "hydrogen-drumkits",
        origin: Origin::Debian { folder: "/usr/share/hydrogen/data/drumkits" },
        licence: "CC0-1.0 and CC-BY",
        credit: "audiophobdubstep (Audiophob, CC0), Emanuel Rumpf (rumpf kit, CC-BY-3.0)",
        what: "drum kits",
    },
];

/// The source of a name.
///
/// # Errors
/// If there is none, or its licence is not allowed.
pub fn find(name: &str) -> Result<&'static Source> {
    let Some(source) = SOURCES.iter().find(|source| source.name == name) else {
        bail!("no source is called {name}")
    };
    ensure!(
        ALLOWED.contains(&source.licence),
        "{name} is under {}, which is not among the licences allowed: {}",
        source.licence,
        ALLOWED.join(", ")
    );
    Ok(source)
}

impl Source {
    /// The folder with its files, given the folder of all sources.
    pub fn folder(&self, sources: &Path) -> std::path::PathBuf {
        match self.origin {
            Origin::GitHub { .. } => sources.join(self.name),
            Origin::Debian { folder } => folder.into(),
        }
    }
}

/// Checks out every repository at its commit into a folder of its name; those that are there are
/// kept. `from` is the address of a repository, with `{owner}` and `{name}` for its names.
///
/// # Errors
/// If git is missing or cannot fetch a commit, or a licence is not allowed.
pub fn fetch(folder: &Path, from: &str) -> Result<()> {
    for source in SOURCES {
        find(source.name)?;
        let Origin::GitHub { repository, commit } = source.origin else { continue };
        let folder = source.folder(folder);
        let marker = folder.join(".commit");
        if fs::read_to_string(&marker).is_ok_and(|known| known == commit) {
            continue;
        }
        let (owner, name) = repository.split_once('/').unwrap_or(("", repository));
        let address = from.replace("{owner}", owner).replace("{name}", name);
        eprintln!("{}: {address} at {commit}", source.name);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        git(&folder, &["init", "--quiet"])?;
        git(&folder, &["fetch", "--quiet", "--depth", "1", &address, commit])?;
        git(&folder, &["checkout", "--quiet", "--force", "FETCH_HEAD"])?;
        fs::write(&marker, commit)?;
    }
    Ok(())
}

fn git(folder: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .status()
        .context("starting git (apt-get install git)")?;
    ensure!(status.success(), "git {} failed in {}", arguments.join(" "), folder.display());
    Ok(())
}

/// A Markdown table of all sources, with licences and credits, for the model card.
pub fn credits() -> String {
    let mut table = String::from("| source | what | licence | credit |\n|---|---|---|---|\n");
    for source in SOURCES {
        let name = match source.origin {
            Origin::GitHub { repository, commit } => format!("{repository} at `{}`", &commit[..12]),
            Origin::Debian { .. } => format!("Debian package `{}`", source.name),
        };
        writeln!(table, "| {name} | {} | {} | {} |", source.what, source.licence, source.credit)
            .expect("a string takes what is written to it");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_under_an_allowed_licence_and_every_instrument_has_a_source() {
        for source in SOURCES {
            find(source.name).unwrap();
        }
        for instrument in crate::instruments::INSTRUMENTS {
            find(instrument.source).unwrap();
        }
        assert!(find("MaestroConcertGrand").is_err());
    }
}
