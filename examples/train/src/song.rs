//! The repository's example song: three scenes that sound clearly different.

use crate::compose::compose_in;
use crate::family::Family;
use crate::plan::Plan;
use crate::rng::{Purpose, Rng};
use crate::score::{Dynamics, Role, Score, Style, Tempo};
use crate::theory::{IONIAN, Scale};

/// Fifteen seconds each: a slow piano alone; piano, strings and bass; a fast band with drums.
pub fn three_scenes(seed: u64) -> Vec<Score> {
    const SECONDS: f32 = 15.0;
    let mut rng = Rng::new(seed, 0, Purpose::Compose);
    let scale = Scale { tonic: 48, mode: IONIAN };
    let mut scene = |tempo, bpm, dynamics, style, players: &[(Role, Family, u8)], drums: bool| {
        let mut plan = Plan::with(tempo, dynamics, style, &mut rng);
        (plan.bpm, plan.beats_per_bar) = (bpm, 4);
        for &(role, family, program) in players {
            plan.add(role, family, &mut rng);
            if let Some(player) = plan.players.last_mut() {
                player.program = program;
            }
        }
        if drums {
            plan.add_drums(&mut rng);
        }
        // A hair less, so that rounding up to whole bars adds none.
        compose_in(&plan, scale, SECONDS - 0.01, &mut rng)
    };
    let mut scenes = vec![
        scene(
            Tempo::Slow,
            64.0,
            Dynamics::Moderate,
            Style::Free,
            &[(Role::Melody, Family::Piano, 0), (Role::Arpeggio, Family::Piano, 0)],
            false,
        ),
        scene(
            Tempo::Medium,
            96.0,
            Dynamics::Moderate,
            Style::Orchestral,
            &[
                (Role::Melody, Family::Piano, 0),
                (Role::Pad, Family::Strings, 48),
                (Role::Bass, Family::Bass, 32),
            ],
            false,
        ),
        scene(
            Tempo::Fast,
            160.0,
            Dynamics::Loud,
            Style::Rock,
            &[
                (Role::Melody, Family::DistortedGuitar, 29),
                (Role::Chords, Family::Organ, 18),
                (Role::Bass, Family::Bass, 33),
            ],
            true,
        ),
    ];
    // Many players are louder than one: let the piano be heard beside them.
    for (scene, cut) in scenes.iter_mut().zip([0.0, 4.0, 6.0]) {
        for part in &mut scene.parts {
            part.level -= cut;
        }
    }
    scenes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_last_fifteen_seconds_and_only_the_last_has_drums() {
        let scenes = three_scenes(1);
        for scene in &scenes {
            assert!((scene.seconds() - 15.0).abs() < 0.1, "{}", scene.seconds());
        }
        assert_eq!(scenes.iter().map(Score::has_drums).collect::<Vec<_>>(), [false, false, true]);
    }
}
