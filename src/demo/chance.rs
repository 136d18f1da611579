//! Chance with a seed: the same draws on every machine, in every year, whatever the crates do.

/// A small generator (SplitMix64). It makes a demo, never a secret.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The stream numbered `stream` of the demo county, so that one family's draws do not shift another's.
    pub fn stream(stream: u64) -> Self {
        Self(0x5851_f42d_4c95_7f2d ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `end` (0 when `end` is 0).
    pub fn below(&mut self, end: usize) -> usize {
        let bound = u64::try_from(end).unwrap_or(u64::MAX);
        self.next().checked_rem(bound).and_then(|drawn| usize::try_from(drawn).ok()).unwrap_or(0)
    }

    /// A number between both ends, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// Whether something that happens `percent` times in a hundred happens.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `things`, cloned; the default of an empty list.
    pub fn pick<T: Clone + Default>(&mut self, things: &[T]) -> T {
        let at = self.below(things.len());
        things.get(at).cloned().unwrap_or_default()
    }

    /// One of `things`, copied; nothing of an empty list.
    pub fn pick_of<T: Copy>(&mut self, things: &[T]) -> Option<T> {
        let at = self.below(things.len());
        things.get(at).copied()
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_gives_the_same_draws_every_time() {
        let draws = |stream| {
            let mut chance = Chance::stream(stream);
            (0..5).map(|_| chance.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
        assert_eq!(draws(7), [16, 649, 354, 763, 610]);
    }

    #[test]
    fn bounds_are_kept() {
        let mut chance = Chance::stream(3);
        for _ in 0..1_000 {
            assert!((-3..=4).contains(&chance.between(-3, 4)));
        }
        assert_eq!(chance.below(0), 0);
        assert_eq!(chance.pick::<String>(&[]), "");
    }
}
