//! What will happen: one queue, ordered by time and then by the order in which it was put there.

use kube::Millis;
use lean::SharedMap;

/// A persistent priority queue: a clone is free.
#[derive(Clone, Debug)]
pub struct Queue<T: 'static> {
    waiting: SharedMap<(Millis, u64), T>,
    next: u64,
}

impl<T: 'static> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue {
            waiting: SharedMap::new(),
            next: 0,
        }
    }
}

impl<T: Clone + 'static> Queue<T> {
    /// Puts `item` in line for the moment `t`, behind all that is there for that moment.
    pub fn push(&mut self, t: Millis, item: T) {
        self.waiting.insert((t, self.next), item);
        self.next += 1;
    }

    /// When the next item is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Millis> {
        self.waiting.first().map(|((t, _), _)| *t)
    }

    /// Takes the next item, with its moment.
    pub fn pop(&mut self) -> Option<(Millis, T)> {
        let ((t, _), item) = self.waiting.pop_first()?;
        Some((t, item))
    }

    /// All that waits, soonest first.
    pub fn iter(&self) -> impl Iterator<Item = (Millis, &T)> {
        self.waiting.iter().map(|((t, _), item)| (*t, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_by_time_then_by_arrival() {
        let mut queue = Queue::default();
        for (t, name) in [(5, "c"), (1, "a"), (5, "d"), (3, "b")] {
            queue.push(t, name);
        }
        let snapshot = queue.clone();
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [(1, "a"), (3, "b"), (5, "c"), (5, "d")]);
        assert_eq!(snapshot.next_time(), Some(1));
        assert_eq!(snapshot.iter().count(), 4);
    }
}
