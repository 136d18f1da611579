//! The mark of this deployment in a reference: a vendor's account has one address for receipts, and a county may have
//! a trial installation beside the real one.

/// A few characters, derived from the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

impl Mark {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The reference as vendors carry it: `k3Fz.m17-2`.
    pub fn on(&self, reference: &str) -> String {
        format!("{}.{reference}", self.0)
    }

    /// Our reference again; `None` when another deployment made it.
    pub fn off<'a>(&self, marked: &'a str) -> Option<&'a str> {
        marked.strip_prefix(self.0.as_str())?.strip_prefix('.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_mark_comes_off() {
        let mark = Mark::new("ab12");
        assert_eq!(mark.off(&mark.on("m17-2")), Some("m17-2"));
        assert_eq!(mark.off("ab13.m17-2"), None);
        assert_eq!(mark.off("m17-2"), None);
        assert_eq!(mark.off("ab12m17-2"), None);
    }
}
