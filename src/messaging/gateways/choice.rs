//! Which gateway carries one message: a pure choice among those that could.

use crate::clock::Instant;

/// A gateway that could carry the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    pub name: &'a str,
    /// Its share; 0 = only when no other is open.
    pub weight: u32,
    /// It refused this message before.
    pub refused: bool,
    /// Nothing goes through it before this instant.
    pub closed_until: Option<Instant>,
}

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick<'a> {
    /// Goes by this one; `others` says whether another is open should it refuse.
    Take { name: &'a str, others: bool },
    /// All are closed; the first opens then.
    NotBefore(Instant),
    /// There is none.
    Nobody,
}

/// Chooses by weight; `chance` in 0..1.
pub fn pick<'a>(candidates: &[Candidate<'a>], chance: f64) -> Pick<'a> {
    let open: Vec<&Candidate<'a>> = candidates.iter().filter(|one| one.closed_until.is_none()).collect();
    let fresh: Vec<&Candidate<'a>> = open.iter().copied().filter(|one| !one.refused).collect();
    let pool = if fresh.is_empty() { &open } else { &fresh };
    if let Some(name) = by_weight(pool, chance) {
        return Pick::Take { name, others: fresh.iter().any(|one| one.name != name) };
    }
    match candidates.iter().filter_map(|one| one.closed_until).min() {
        Some(at) => Pick::NotBefore(at),
        None => Pick::Nobody,
    }
}

/// What a segment is expected to cost when gateways with these weights and prices share the messages: the mean by
/// weight. None when one that has a share has no price (0); without any share all goes by the first.
pub fn expected_price(gateways: &[(u32, i64)]) -> Option<i64> {
    let first = gateways.first()?;
    let sharing = gateways.iter().filter(|(weight, _)| *weight > 0);
    if sharing.clone().any(|(_, price)| *price <= 0) {
        return None;
    }
    let total: i64 = sharing.clone().map(|(weight, _)| i64::from(*weight)).sum();
    if total == 0 {
        return Some(first.1).filter(|price| *price > 0);
    }
    let sum: i64 = sharing.map(|(weight, price)| i64::from(*weight).saturating_mul(*price)).sum();
    Some((sum + total / 2) / total)
}

fn by_weight<'a>(pool: &[&Candidate<'a>], chance: f64) -> Option<&'a str> {
    let total: u32 = pool.iter().map(|one| one.weight).sum();
    let mut left = f64::from(total) * chance.clamp(0.0, 1.0);
    for one in pool.iter().filter(|one| one.weight > 0) {
        left -= f64::from(one.weight);
        if left < 0.0 {
            return Some(one.name);
        }
    }
    // At the upper end of chance, or when nobody has a share.
    pool.iter().rev().max_by_key(|one| u8::from(one.weight > 0)).map(|one| one.name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_expected_price_is_the_mean_of_those_that_share() {
        assert_eq!(expected_price(&[(3, 400), (1, 600), (0, 9000)]), Some(450));
        assert_eq!(expected_price(&[(1, 450), (1, 0)]), None, "a price is missing");
        assert_eq!(expected_price(&[(1, 450), (0, 0)]), Some(450));
        assert_eq!(expected_price(&[(0, 500), (0, 100)]), Some(500));
        assert_eq!(expected_price(&[]), None);
    }

    fn candidate(name: &str, weight: u32) -> Candidate<'_> {
        Candidate { name, weight, refused: false, closed_until: None }
    }

    fn later() -> Instant {
        Instant::from_millis(1_800_000_000_000)
    }

    #[test]
    fn shares_follow_the_weights() {
        let two = [candidate("a", 3), candidate("b", 1)];
        let mut of_a = 0;
        for n in 0..1000 {
            if matches!(pick(&two, f64::from(n) / 1000.0), Pick::Take { name: "a", others: true }) {
                of_a += 1;
            }
        }
        assert_eq!(of_a, 750);
    }

    #[test]
    fn one_that_refused_is_asked_again_only_when_no_other_is_open() {
        let refused = Candidate { refused: true, ..candidate("a", 9) };
        assert_eq!(pick(&[refused.clone(), candidate("b", 1)], 0.0), Pick::Take { name: "b", others: false });
        let closed = Candidate { closed_until: Some(later()), ..candidate("b", 1) };
        assert_eq!(pick(&[refused, closed], 0.0), Pick::Take { name: "a", others: false });
    }

    #[test]
    fn a_spare_carries_only_when_the_others_cannot() {
        let spare = candidate("spare", 0);
        assert_eq!(pick(&[candidate("a", 1), spare.clone()], 1.0), Pick::Take { name: "a", others: true });
        let closed = Candidate { closed_until: Some(later()), ..candidate("a", 1) };
        assert_eq!(pick(&[closed.clone(), spare], 0.5), Pick::Take { name: "spare", others: false });
        assert_eq!(pick(&[closed], 0.5), Pick::NotBefore(later()));
        assert_eq!(pick(&[], 0.5), Pick::Nobody);
    }

    proptest! {
        #[test]
        fn what_is_closed_is_never_taken(
            parts in prop::collection::vec((0u32..4, any::<bool>(), any::<bool>()), 0..5), chance in 0.0f64..=1.0,
        ) {
            let names = ["a", "b", "c", "d", "e"];
            let candidates: Vec<Candidate<'_>> = parts.iter().zip(names).map(|((weight, refused, closed), name)| Candidate {
                name, weight: *weight, refused: *refused, closed_until: closed.then(later),
            }).collect();
            let open = |name: &str| candidates.iter().any(|one| one.name == name && one.closed_until.is_none());
            match pick(&candidates, chance) {
                Pick::Take { name, .. } => prop_assert!(open(name)),
                Pick::NotBefore(_) => prop_assert!(!candidates.is_empty() && !names.iter().any(|name| open(name))),
                Pick::Nobody => prop_assert!(candidates.is_empty()),
            }
        }
    }
}
