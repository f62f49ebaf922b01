//! The indexes of an Indexed Job that are done: `0-3,5` (`pkg/controller/job/indexed_job_utils.go`).

use ecow::{EcoString, eco_format};

/// A set of whole numbers, as runs of consecutive ones in ascending order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Indexes(Vec<(i64, i64)>);

impl Indexes {
    /// Reads a text; what is no number, or `below` or more, is left out.
    pub fn parse(text: &str, below: i64) -> Indexes {
        let mut all = Indexes::default();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>())
                && first < below
                && first <= last
            {
                let last = last.min(below - 1);
                match all.0.last_mut() {
                    Some(before) if before.1 == first - 1 => before.1 = last,
                    _ => all.0.push((first, last)),
                }
            }
        }
        all
    }

    pub fn has(&self, index: i64) -> bool {
        let holds = |(first, last): &(i64, i64)| (*first..=*last).contains(&index);
        self.0.iter().any(holds)
    }

    pub fn insert(&mut self, index: i64) {
        if self.has(index) {
            return;
        }
        let at = self.0.partition_point(|(first, _)| *first < index);
        self.0.insert(at, (index, index));
        if at + 1 < self.0.len() && self.0[at + 1].0 == index + 1 {
            self.0[at].1 = self.0.remove(at + 1).1;
        }
        if at > 0 && self.0[at - 1].1 == index - 1 {
            self.0[at - 1].1 = self.0.remove(at).1;
        }
    }

    pub fn count(&self) -> i64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// How many indexes two sets have in common.
    pub fn common(&self, other: &Indexes) -> i64 {
        let mut sum = 0;
        for (first, last) in &self.0 {
            for (other_first, other_last) in &other.0 {
                sum += (last.min(other_last) - first.max(other_first) + 1).max(0);
            }
        }
        sum
    }

    pub fn text(&self) -> EcoString {
        let parts = self.0.iter().map(|(first, last)| match last - first {
            0 => eco_format!("{first}"),
            1 => eco_format!("{first},{last}"),
            _ => eco_format!("{first}-{last}"),
        });
        parts.collect::<Vec<_>>().join(",").into()
    }
}

#[cfg(test)]
mod tests {
    use super::Indexes;

    #[test]
    fn runs_are_written_short() {
        let cases: [(&[i64], &str); 5] = [
            (&[], ""),
            (&[3], "3"),
            (&[1, 0], "0,1"),
            (&[5, 3, 4, 1], "1,3-5"),
            (&[0, 2, 1, 7, 6], "0-2,6,7"),
        ];
        for (numbers, text) in cases {
            let mut all = Indexes::default();
            for number in numbers {
                all.insert(*number);
            }
            assert_eq!(all.text(), text);
            assert_eq!(all.count(), i64::try_from(numbers.len()).unwrap_or(-1));
            assert_eq!(Indexes::parse(text, 100), Indexes::parse(&all.text(), 100));
        }
        assert_eq!(Indexes::parse("0-9,11", 5).text(), "0-4");
        let mut all = Indexes::parse("0,1", 5);
        all.insert(2);
        assert_eq!(all.text(), "0-2");
    }
}
