//! A paper that is not typeset yet: what it says. Gathered in a transaction, set outside of it.

use serde_json::{Value, json};

use super::{Press, Sheet};
use crate::crypto::short_digest;
use crate::problem::Outcome;

/// What a paper says, and the mark by which it is checked.
pub struct Manuscript {
    pub sheet: Sheet,
    pub data: Value,
    pub mark: Mark,
}

/// What stands at the foot of each page.
pub struct Mark {
    pub number: String,
    /// The digest of the text.
    pub hash: String,
    /// Where the paper can be checked.
    pub address: String,
}

impl Manuscript {
    /// The PDF.
    ///
    /// # Errors
    /// Those of [`Press::typeset`].
    pub fn set(mut self, press: &Press) -> Outcome<Vec<u8>> {
        let qr = press.qr(&self.mark.address)?;
        if let Some(data) = self.data.as_object_mut() {
            let mark = json!({ "number": self.mark.number, "short": short_digest(&self.mark.hash), "qr": qr });
            data.insert("mark".into(), mark);
        }
        press.typeset(self.sheet, &self.data)
    }
}
