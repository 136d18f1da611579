//! The same child twice in one file, and numbers that only their neighbours show to be damaged.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::finding::{Finding, Weight};
use super::row::LedgerRow;

/// Marks repeated children and suspect numbers.
pub fn mark(rows: &mut [LedgerRow]) {
    mark_suspect_numbers(rows);
    mark_repeated_numbers(rows);
    mark_repeated_people(rows);
}

/// One damaged number in eleven passes its check digit: where others of the file lost their last digits,
/// a number that ends in their zeros has most likely lost them too.
fn mark_suspect_numbers(rows: &mut [LedgerRow]) {
    let lost = |row: &LedgerRow| row.findings.iter().any(|finding| finding.code == "identity_lost_digits");
    if !rows.iter().any(lost) {
        return;
    }
    for row in rows {
        if row.child.identity_number.as_ref().is_some_and(|number| number.ends_like_a_damaged_one()) {
            row.findings.push(Finding::new(Weight::Fault, "identity_lost_digits"));
        }
    }
}

fn mark_repeated_numbers(rows: &mut [LedgerRow]) {
    let mut first: HashMap<String, usize> = HashMap::new();
    for index in 0..rows.len() {
        let Some(number) =
            rows.get(index).and_then(|row| row.child.identity_number.as_ref()).map(|number| number.digits().to_owned())
        else {
            continue;
        };
        match first.get(&number) {
            Some(earlier) => repeat(rows, *earlier, index),
            None => {
                first.insert(number, index);
            }
        }
    }
}

fn repeat(rows: &mut [LedgerRow], earlier: usize, index: usize) {
    let (Some(one), Some(other)) = (rows.get(earlier), rows.get(index)) else {
        return;
    };
    let finding = if one.says_the_same(other) {
        Finding::new(Weight::Note, "duplicate_same").other(one.number)
    } else {
        Finding::new(Weight::Fault, "duplicate_conflict").other(one.number)
    };
    if let Some(row) = rows.get_mut(index) {
        row.findings.push(finding);
    }
}

/// Same name and birth date where one of the two has no number: nobody but a person can say whether it is one child.
fn mark_repeated_people(rows: &mut [LedgerRow]) {
    let mut first: HashMap<(String, NaiveDate), usize> = HashMap::new();
    for index in 0..rows.len() {
        let Some(key) = rows.get(index).and_then(|row| Some((row.child.name.clone(), row.child.birth_date?))) else {
            continue;
        };
        let Some(earlier) = first.get(&key).copied() else {
            first.insert(key, index);
            continue;
        };
        let numbers = [earlier, index].map(|at| rows.get(at).and_then(|row| row.child.identity_number.clone()));
        if numbers.iter().all(Option::is_some) {
            continue;
        }
        let same = matches!((rows.get(earlier), rows.get(index)), (Some(one), Some(other)) if one.says_the_same(other));
        let (weight, code) = if same { (Weight::Note, "duplicate_same") } else { (Weight::Fault, "duplicate_person") };
        let other = rows.get(earlier).map_or(0, |row| row.number);
        if let Some(row) = rows.get_mut(index) {
            row.findings.push(Finding::new(weight, code).other(other));
        }
    }
}
