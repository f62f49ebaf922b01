//! Pacing: how virtual time becomes play time.
//!
//! Waiting is not the lesson. Where nothing changes, time passes quickly; at a change it slows down,
//! so that its sentence can be read. The map is piecewise linear and strictly increasing, one piece
//! between two changes. Each chapter (from one merge to the next) is told in at most [`CHAPTER_MOST`].

use view::{EventRow, Mark, MarkKind, Millis, Tone};

/// Play time, in milliseconds at speed 1.
pub type Played = f64;

/// The longest that a chapter may take at speed 1.
const CHAPTER_MOST: Played = 36_000.0;
/// How long a sentence stands at least before its chapter is scaled.
const SENTENCE_LEAST: Played = 1_100.0;
/// How long a detail stands at least.
const DETAIL_LEAST: Played = 140.0;
/// What the longest quiet stretch may add.
const QUIET_MOST: Played = 1_500.0;

/// A moment at which something happens.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    /// When.
    pub t: Millis,
    /// How much it matters.
    pub tone: Tone,
}

impl Beat {
    /// That of an entry.
    pub fn of(event: &EventRow) -> Beat {
        Beat {
            t: event.t,
            tone: event.tone,
        }
    }
}

/// A monotone map between virtual time and play time.
#[derive(Debug, Default)]
pub struct Pacing {
    /// Corners of the map, strictly increasing in both; starts at (0, 0).
    corners: Vec<(Millis, Played)>,
}

impl Pacing {
    /// Builds the map for a history that ends at `end`. `beats` and `marks` are in order of time.
    pub fn new(beats: &[Beat], marks: &[Mark], end: Millis) -> Self {
        let mut chapters: Vec<Millis> = vec![0];
        chapters.extend(
            marks
                .iter()
                .filter(|mark| mark.kind == MarkKind::Merged)
                .map(|mark| mark.t),
        );
        chapters.push(end);
        chapters.dedup();

        let mut corners = vec![(0, 0.0)];
        for pair in chapters.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let beats = beats.iter().filter(|beat| from <= beat.t && beat.t < to);
            append_chapter(&mut corners, beats, to);
        }
        Self { corners }
    }

    /// The play time of a moment.
    pub fn played_at(&self, t: Millis) -> Played {
        let next = self.corners.partition_point(|corner| corner.0 <= t);
        match (
            next.checked_sub(1).map(|last| self.corners[last]),
            self.corners.get(next),
        ) {
            (None, _) => 0.0,
            (Some((_, played)), None) => played,
            (Some((t0, p0)), Some(&(t1, p1))) => {
                p0 + (t - t0) as f64 / (t1 - t0) as f64 * (p1 - p0)
            }
        }
    }

    /// The moment of a play time.
    pub fn moment_at(&self, played: Played) -> Millis {
        let next = self.corners.partition_point(|corner| corner.1 <= played);
        match (
            next.checked_sub(1).map(|last| self.corners[last]),
            self.corners.get(next),
        ) {
            (None, _) => 0,
            (Some((t, _)), None) => t,
            (Some((t0, p0)), Some(&(t1, p1))) => {
                t0 + ((played - p0) / (p1 - p0) * (t1 - t0) as f64) as Millis
            }
        }
    }
}

/// Appends the corners of one chapter that ends at `to`.
fn append_chapter<'a>(
    corners: &mut Vec<(Millis, Played)>,
    beats: impl Iterator<Item = &'a Beat>,
    to: Millis,
) {
    let Some(&(start, start_played)) = corners.last() else {
        return;
    };
    // One stop a moment: the one that takes longest to read counts.
    let mut stops: Vec<(Millis, Played)> = vec![(start, 0.0)];
    for beat in beats {
        let least = if beat.tone == Tone::Detail {
            DETAIL_LEAST
        } else {
            SENTENCE_LEAST
        };
        match stops.last_mut() {
            Some(stop) if stop.0 == beat.t => stop.1 = stop.1.max(least),
            _ => stops.push((beat.t, least)),
        }
    }
    stops.push((to, 0.0));

    let lengths: Vec<Played> = stops
        .windows(2)
        .map(|pair| {
            let gap = (pair[1].0 - pair[0].0) as f64;
            // A stretch is never told more slowly than it was, unless a sentence needs the time.
            pair[0].1.min(400.0 + gap) + (gap / 8.0).min(QUIET_MOST)
        })
        .collect();
    let total: Played = lengths.iter().sum();
    let scale = (CHAPTER_MOST / total).min(1.0);
    let mut played = start_played;
    for (pair, length) in stops.windows(2).zip(lengths) {
        if pair[1].0 > pair[0].0 {
            played += length * scale;
            corners.push((pair[1].0, played));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(t: Millis, tone: Tone) -> Beat {
        Beat { t, tone }
    }

    fn delivery() -> Pacing {
        let mut events: Vec<Beat> = (0..12)
            .map(|i| event(30_000 + i * 7_000, Tone::Story))
            .collect();
        events.extend((0..60).map(|i| event(107_000 + i * 600, Tone::Story)));
        let merged = Mark {
            t: 30_000,
            entry: 0,
            kind: MarkKind::Merged,
            label: "".into(),
        };
        Pacing::new(&events, &[merged], 150_000)
    }

    #[test]
    fn a_delivery_is_told_in_half_a_minute() {
        let pacing = delivery();
        let told = pacing.played_at(150_000) - pacing.played_at(30_000);
        assert!((20_000.0..=40_000.0).contains(&told), "told in {told} ms");
    }

    /// Merges each change that a built-in lab brings, and gives how long what follows is told, in play
    /// time, and how long it was.
    fn built_in() -> Vec<(String, Played, Millis)> {
        let labs = reconcile::delivery::labs::list();
        let tell = |name: &str, which: usize| {
            let mut lab = reconcile::Lab::built_in(name)?;
            let sample = lab.samples().get(which)?.clone();
            let mut files = lab.files();
            files.extend(sample.files);
            lab.open_pull_request(&sample.title, &files).ok()?;
            lab.merge().ok()?;
            let beats: Vec<Beat> = lab.events().iter().map(Beat::of).collect();
            let pacing = Pacing::new(&beats, &lab.marks(), lab.end());
            let told = pacing.played_at(lab.end()) - pacing.played_at(lab.now());
            Some((
                format!("{name}: {}", sample.title),
                told,
                lab.end() - lab.now(),
            ))
        };
        let of = |name: String| (0..9).map_while(move |which| tell(&name, which));
        labs.into_iter()
            .flat_map(|lab| of(lab.name.to_string()))
            .collect()
    }

    #[test]
    fn every_rollout_of_a_built_in_lab_is_told_in_20_to_40_seconds() {
        let all = built_in();
        assert!(4 <= all.len());
        for (title, told, took) in all {
            println!("{title}: {took} ms are told in {told} ms");
            assert!((20_000.0..=40_000.0).contains(&told), "{title}: {told} ms");
        }
    }

    #[test]
    fn time_never_runs_backwards_and_both_ways_agree() {
        let pacing = delivery();
        let mut last = -1.0;
        for t in (0..=150_000).step_by(250) {
            let played = pacing.played_at(t);
            assert!(played > last, "at {t}");
            assert!(pacing.moment_at(played).abs_diff(t) <= 1, "at {t}");
            last = played;
        }
    }

    #[test]
    fn quiet_passes_quickly_and_changes_slowly() {
        let pacing = Pacing::new(
            &[event(1_000, Tone::Story), event(61_000, Tone::Story)],
            &[],
            62_000,
        );
        let quiet = pacing.played_at(61_000) - pacing.played_at(1_000);
        assert!(quiet < 3_000.0, "a quiet minute takes {quiet} ms");
        let change = pacing.played_at(62_000) - pacing.played_at(61_000);
        assert!(change > 1_000.0, "a sentence stands for {change} ms");
    }

    #[test]
    fn an_empty_history_has_one_moment() {
        let pacing = Pacing::new(&[], &[], 0);
        assert_eq!(pacing.played_at(10), 0.0);
        assert_eq!(pacing.moment_at(10.0), 0);
    }
}
