//! Handwriting on the pad: is what came in a plausible signature, and how is it kept?
//!
//! Points are whole pad units, times are milliseconds since the first touch. The digest is taken over the
//! canonical form, so the evidence chain stays valid however the strokes are stored.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evidence;
use super::reasons::Reason;
use crate::crypto::DigestAlgorithm;

const PAD_SIDE: std::ops::RangeInclusive<i32> = 50..=10_000;
const POINTS_MIN: usize = 8;
const POINTS_MAX: usize = 6_000;
const STROKES_MAX: usize = 300;
const DURATION_MIN_MS: i64 = 250;
const DURATION_MAX_MS: i64 = 10 * 60_000;
/// The ink must span at least this share of the pad's shorter side.
const SPAN_MIN_PERCENT: i64 = 10;

/// One touch of the pen: where and when (milliseconds since the first touch).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    pub x: i32,
    pub y: i32,
    pub t: i64,
}

/// A signature as written: the pad's size in its own units, and the strokes in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Handwriting {
    pub width: i32,
    pub height: i32,
    pub strokes: Vec<Vec<Point>>,
}

impl Handwriting {
    /// What stands against taking this for a signature; empty when nothing does.
    pub fn objections(&self) -> Vec<Reason> {
        if !PAD_SIDE.contains(&self.width) || !PAD_SIDE.contains(&self.height) {
            return vec![Reason::PadNotSensible];
        }
        if let Some(reason) = self.wrong_amount() {
            return vec![reason];
        }
        let mut reasons = Vec::new();
        reasons.extend(self.outside().then_some(Reason::StrokesOutOfBounds));
        reasons.extend(self.wrong_times());
        reasons.extend(self.too_small().then_some(Reason::StrokesTooSmall));
        reasons
    }

    /// The digest of the canonical form.
    pub fn digest(&self, algorithm: DigestAlgorithm) -> String {
        evidence::digest_of(algorithm, self)
    }

    /// The strokes as a small SVG picture, black on nothing.
    pub fn svg(&self) -> String {
        let mut paths = String::new();
        for stroke in &self.strokes {
            let mut line = String::new();
            for (index, point) in stroke.iter().enumerate() {
                let _ = write!(line, "{}{} {}", if index == 0 { "M" } else { "L" }, point.x, point.y);
            }
            let _ = write!(paths, r#"<path d="{line}"/>"#);
        }
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" fill="none" stroke="black" stroke-width="{}" stroke-linecap="round" stroke-linejoin="round">{paths}</svg>"#,
            self.width,
            self.height,
            (self.width.min(self.height) / 60).max(1)
        )
    }

    fn points(&self) -> impl Iterator<Item = &Point> {
        self.strokes.iter().flatten()
    }

    fn wrong_amount(&self) -> Option<Reason> {
        let points = self.points().count();
        match (points, self.strokes.len()) {
            (0, _) => Some(Reason::StrokesMissing),
            (_, strokes) if strokes > STROKES_MAX => Some(Reason::StrokesTooMany),
            (points, _) if points > POINTS_MAX => Some(Reason::StrokesTooMany),
            (points, _) if points < POINTS_MIN => Some(Reason::StrokesTooFew),
            _ => None,
        }
    }

    fn outside(&self) -> bool {
        self.points().any(|p| !(0..=self.width).contains(&p.x) || !(0..=self.height).contains(&p.y))
    }

    fn wrong_times(&self) -> Option<Reason> {
        let times: Vec<i64> = self.points().map(|point| point.t).collect();
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            return None;
        };
        let duration = last.saturating_sub(*first);
        if *first < 0 || !times.is_sorted() {
            Some(Reason::StrokesTimesBackwards)
        } else if duration < DURATION_MIN_MS {
            Some(Reason::StrokesTooQuick)
        } else if duration > DURATION_MAX_MS {
            Some(Reason::StrokesTooLong)
        } else {
            None
        }
    }

    fn too_small(&self) -> bool {
        let span = |coordinate: fn(&Point) -> i32| {
            let low = self.points().map(coordinate).min().unwrap_or_default();
            let high = self.points().map(coordinate).max().unwrap_or_default();
            i64::from(high) - i64::from(low)
        };
        let shorter = i64::from(self.width.min(self.height));
        span(|p| p.x).max(span(|p| p.y)) * 100 < shorter * SPAN_MIN_PERCENT
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn written() -> Handwriting {
        let stroke = |from: i64, x: i32| {
            (0..6).map(|i| Point { x: x + i * 20, y: 40 + i * 10, t: from + i64::from(i) * 30 }).collect()
        };
        Handwriting { width: 600, height: 300, strokes: vec![stroke(0, 50), stroke(400, 300)] }
    }

    #[test]
    fn a_name_written_on_the_pad_is_taken() {
        assert_eq!(written().objections(), vec![]);
    }

    #[test]
    fn an_empty_pad_a_dot_and_a_dash_are_not_signatures() {
        let empty = Handwriting { strokes: vec![vec![], vec![]], ..written() };
        assert_eq!(empty.objections(), vec![Reason::StrokesMissing]);
        let dot = Handwriting { strokes: vec![vec![Point { x: 5, y: 5, t: 0 }]], ..written() };
        assert_eq!(dot.objections(), vec![Reason::StrokesTooFew]);
        let tiny = (0..20).map(|i| Point { x: 5, y: 5, t: i * 50 }).collect();
        assert_eq!(Handwriting { strokes: vec![tiny], ..written() }.objections(), vec![Reason::StrokesTooSmall]);
    }

    #[test]
    fn ink_outside_the_pad_and_time_running_back_are_refused() {
        let mut out = written();
        out.strokes[0][0].x = -1;
        assert_eq!(out.objections(), vec![Reason::StrokesOutOfBounds]);
        let mut back = written();
        back.strokes[1][3].t = 0;
        assert_eq!(back.objections(), vec![Reason::StrokesTimesBackwards]);
    }

    #[test]
    fn a_machine_that_writes_in_no_time_is_refused() {
        let mut quick = written();
        quick.strokes.iter_mut().flatten().for_each(|point| point.t = 3);
        assert_eq!(quick.objections(), vec![Reason::StrokesTooQuick]);
    }

    #[test]
    fn too_much_ink_is_refused() {
        let flood = (0..7_000).map(|i| Point { x: i % 600, y: i % 300, t: i64::from(i) }).collect();
        assert_eq!(Handwriting { strokes: vec![flood], ..written() }.objections(), vec![Reason::StrokesTooMany]);
    }

    #[test]
    fn the_picture_shows_every_stroke() {
        let picture = written().svg();
        assert_eq!(picture.matches("<path").count(), 2);
        assert!(picture.contains("M50 40L70 50"));
    }

    proptest! {
        #[test]
        fn nothing_that_comes_in_makes_it_fail(
            width in any::<i32>(), height in any::<i32>(),
            strokes in proptest::collection::vec(proptest::collection::vec((any::<i32>(), any::<i32>(), any::<i64>()), 0..12), 0..6),
        ) {
            let strokes = strokes.into_iter()
                .map(|stroke| stroke.into_iter().map(|(x, y, t)| Point { x, y, t }).collect()).collect();
            let handwriting = Handwriting { width, height, strokes };
            let _ = (handwriting.objections(), handwriting.digest(DigestAlgorithm::Sha256));
        }

        #[test]
        fn moving_any_point_changes_the_digest(stroke in 0usize..2, point in 0usize..6, by in 1i32..9) {
            let mut moved = written();
            moved.strokes[stroke][point].x += by;
            let sha256 = DigestAlgorithm::Sha256;
            prop_assert_ne!(moved.digest(sha256), written().digest(sha256));
        }
    }
}
