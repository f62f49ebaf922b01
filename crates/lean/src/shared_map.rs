//! An ordered map whose clones are free, as one copy of machine code for all types.
//!
//! A radix tree (Morrison's PATRICIA, by half bytes): where keys part, their next digit leads on, and
//! digits that all keys below share are skipped. The way to one of 100,000 names is some six forks long
//! and looks at no other key; in a tree of comparisons it takes seventeen steps, each to a key somewhere
//! else in memory. A write copies the forks on the way to it that somebody else holds too, and changes
//! the others where they are. The tree sees entries without their type; only a few lines know it.

use crate::sort_key::{Bytes, SortKey};
use crate::tight;
use ecow::EcoVec;
use std::any::Any;
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::slice;

/// An ordered map with free clones.
pub struct SharedMap<K, V> {
    root: Option<Slot>,
    len: usize,
    of: PhantomData<(K, V)>,
}

/// A key with its value, without their types.
type Entry = Rc<dyn Any>;

#[derive(Clone)]
enum Slot {
    Entry(Entry),
    Fork(Fork),
}

/// Where keys part that are the same until here.
#[derive(Clone)]
struct Fork {
    /// The place of the digit by which they part.
    at: u32,
    /// Which ways lead anywhere: the lowest bit is that of a key which ends here, then one for each digit.
    taken: u32,
    /// Where they lead, in order.
    slots: EcoVec<Slot>,
}

impl<K, V> Clone for SharedMap<K, V> {
    fn clone(&self) -> SharedMap<K, V> {
        SharedMap {
            root: self.root.clone(),
            ..*self
        }
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> SharedMap<K, V> {
        SharedMap {
            root: None,
            len: 0,
            of: PhantomData,
        }
    }
}

impl<K: SortKey + 'static, V: 'static> SharedMap<K, V> {
    /// An empty map.
    #[must_use]
    pub fn new() -> SharedMap<K, V> {
        SharedMap::default()
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of a key.
    pub fn get<Q: SortKey + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let root = self.root.as_ref()?;
        let entry = find(root, key.sort_key(&mut Bytes::default()))?;
        let (have, value) = pair::<K, V>(entry);
        (have.borrow() == key).then_some(value)
    }

    /// The entry of a key, for writing.
    fn entry_mut<Q: SortKey + ?Sized>(&mut self, key: &Q) -> Option<&mut Entry>
    where
        K: Borrow<Q>,
    {
        let root = self.root.as_mut()?;
        let mut room = Bytes::default();
        let bytes = key.sort_key(&mut room);
        // A miss must not copy the way to it.
        let is_there = find(root, bytes).is_some_and(|it| key_of::<K, V>(it).borrow() == key);
        match is_there {
            true => entry_mut(root, bytes),
            false => None,
        }
    }

    /// Whether there is a value of a key.
    pub fn contains_key<Q: SortKey + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The value of a key, for writing.
    pub fn get_mut<Q: SortKey + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q> + Clone,
        V: Clone,
    {
        let entry = self.entry_mut(key)?;
        if Rc::get_mut(entry).is_none() {
            *entry = Rc::new(pair::<K, V>(entry).clone());
        }
        let (_, value) = Rc::get_mut(entry)?.downcast_mut::<(K, V)>()?;
        Some(value)
    }

    /// Puts a value under a key, in place of the one that was there.
    pub fn insert(&mut self, key: K, value: V) {
        let Some(root) = &mut self.root else {
            self.len = 1;
            self.root = Some(Slot::Entry(Rc::new((key, value))));
            return;
        };
        let mut room = Bytes::default();
        let own = key.sort_key(&mut room);
        let near = nearest(root, own);
        if *key_of::<K, V>(near) == key {
            if let Some(entry) = entry_mut(root, own) {
                // An entry that nobody else holds is used again.
                match Rc::get_mut(entry).and_then(|entry| entry.downcast_mut::<(K, V)>()) {
                    Some(pair) => pair.1 = value,
                    None => *entry = Rc::new((key, value)),
                }
            }
            return;
        }
        self.len += 1;
        let (near, entry) = (near.clone(), Rc::new((key, value)));
        let (mut own, mut other) = (Bytes::default(), Bytes::default());
        let own = entry.0.sort_key(&mut own);
        let near = key_of::<K, V>(&near).sort_key(&mut other);
        add(root, own, near, entry.clone());
    }

    /// Takes a key and its value away. Returns whether they were there.
    pub fn remove<Q: SortKey + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let is_there = self.contains_key(key);
        if is_there {
            self.len -= 1;
            let mut room = Bytes::default();
            let bytes = key.sort_key(&mut room);
            take(&mut self.root, &|fork| way(bytes, fork.at));
        }
        is_there
    }

    /// The entry with the least key.
    #[must_use]
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// Takes the entry with the least key away.
    pub fn pop_first(&mut self) -> Option<(K, V)>
    where
        K: Clone,
        V: Clone,
    {
        let first = take(&mut self.root, &|fork| fork.taken.trailing_zeros())?;
        let first = first.downcast::<(K, V)>().ok()?;
        self.len -= 1;
        Some(Rc::unwrap_or_clone(first))
    }

    /// All entries, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> + use<'_, K, V> {
        walk(self.root.as_slice()).map(|entry| typed(pair::<K, V>(entry)))
    }

    /// The entries from a key on, by key.
    pub fn from<'t, Q: SortKey + ?Sized>(
        &'t self,
        key: &Q,
    ) -> impl Iterator<Item = (&'t K, &'t V)> + use<'t, K, V, Q>
    where
        K: Borrow<Q>,
    {
        let mut above = Vec::new();
        if let Some(root) = &self.root {
            let (mut own, mut near) = (Bytes::default(), Bytes::default());
            let own = key.sort_key(&mut own);
            let near = key_of::<K, V>(nearest(root, own)).sort_key(&mut near);
            above = from(root, own, near);
        }
        Walk { above }.map(|entry| typed(pair::<K, V>(entry)))
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> + use<'_, K, V> {
        self.iter().map(|(key, _)| key)
    }

    /// All values, by key.
    pub fn values(&self) -> impl Iterator<Item = &V> + use<'_, K, V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: SortKey + 'static, V: 'static> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> SharedMap<K, V> {
        let mut map = SharedMap::new();
        for (key, value) in pairs {
            map.insert(key, value);
        }
        map
    }
}

impl<K, V> PartialEq for SharedMap<K, V>
where
    K: SortKey + 'static,
    V: PartialEq + 'static,
{
    fn eq(&self, other: &SharedMap<K, V>) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K, V> fmt::Debug for SharedMap<K, V>
where
    K: SortKey + fmt::Debug + 'static,
    V: fmt::Debug + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// An entry with its type. A tree holds entries of one type only.
fn pair<K: 'static, V: 'static>(entry: &Entry) -> &(K, V) {
    match entry.downcast_ref() {
        Some(pair) => pair,
        None => unreachable!("an entry of another tree"),
    }
}

fn key_of<K: 'static, V: 'static>(entry: &Entry) -> &K {
    &pair::<K, V>(entry).0
}

fn typed<K, V>((key, value): &(K, V)) -> (&K, &V) {
    (key, value)
}

// From here on nothing is generic.

/// The way that a key goes where keys part by the digit at a place: 0 if it ends there.
fn way(key: &[u8], at: u32) -> u32 {
    match key.get(at as usize / 2) {
        None => 0,
        Some(byte) if at.is_multiple_of(2) => 1 + u32::from(byte >> 4),
        Some(byte) => 1 + u32::from(byte & 15),
    }
}

/// The place of the first digit by which two keys part.
fn parting(a: &[u8], b: &[u8]) -> u32 {
    let pairs = a.iter().zip(b);
    let same = pairs.take_while(|(a, b)| a == b).count();
    let is_high_same = match (a.get(same), b.get(same)) {
        (Some(a), Some(b)) => a >> 4 == b >> 4,
        _ => false,
    };
    // Nobody has a key of two gigabytes.
    u32::try_from(2 * same + usize::from(is_high_same)).unwrap_or(u32::MAX)
}

impl Fork {
    /// Of two slots that are on different ways.
    fn of(at: u32, one: (u32, Slot), other: (u32, Slot)) -> Fork {
        let taken = 1 << one.0 | 1 << other.0;
        let mut slots = EcoVec::with_capacity(2);
        let is_ordered = one.0 < other.0;
        let (first, second) = if is_ordered {
            (one, other)
        } else {
            (other, one)
        };
        slots.push(first.1);
        slots.push(second.1);
        Fork { at, taken, slots }
    }

    /// The place of a way's slot among those that are taken.
    fn place(&self, way: u32) -> usize {
        (self.taken & ((1 << way) - 1)).count_ones() as usize
    }

    fn has(&self, way: u32) -> bool {
        self.taken & 1 << way != 0
    }
}

/// The only entry that can be that of a key: the digits between forks were not looked at.
fn find<'t>(mut slot: &'t Slot, key: &[u8]) -> Option<&'t Entry> {
    loop {
        match slot {
            Slot::Entry(entry) => return Some(entry),
            Slot::Fork(fork) => {
                let way = way(key, fork.at);
                if !fork.has(way) {
                    return None;
                }
                slot = &fork.slots[fork.place(way)];
            }
        }
    }
}

/// One of the entries whose keys have most in common with a key.
fn nearest<'t>(mut slot: &'t Slot, key: &[u8]) -> &'t Entry {
    loop {
        match slot {
            Slot::Entry(entry) => return entry,
            Slot::Fork(fork) => {
                let at = fork.place(way(key, fork.at));
                slot = &fork.slots[at.min(fork.slots.len() - 1)];
            }
        }
    }
}

/// The entry at the end of a key's way, which must be there.
fn entry_mut<'t>(mut slot: &'t mut Slot, key: &[u8]) -> Option<&'t mut Entry> {
    loop {
        match slot {
            Slot::Entry(entry) => return Some(entry),
            Slot::Fork(fork) => {
                let at = fork.place(way(key, fork.at));
                slot = tight::make_mut(&mut fork.slots).get_mut(at)?;
            }
        }
    }
}

/// Puts an entry where its key parts from the one that has most in common with it.
fn add(mut slot: &mut Slot, key: &[u8], near: &[u8], entry: Entry) {
    let at = parting(key, near);
    while matches!(slot, Slot::Fork(fork) if fork.at < at) {
        let Slot::Fork(fork) = slot else {
            return;
        };
        let place = fork.place(way(key, fork.at));
        slot = &mut tight::make_mut(&mut fork.slots)[place];
    }
    let (own, new) = (way(key, at), Slot::Entry(entry));
    match slot {
        Slot::Fork(fork) if fork.at == at => {
            let place = fork.place(own);
            fork.taken |= 1 << own;
            tight::insert(&mut fork.slots, place, new);
        }
        _ => *slot = Slot::Fork(Fork::of(at, (own, new), (way(near, at), slot.clone()))),
    }
}

/// Takes out an entry: at each fork `choose` says which of the ways that are taken leads to it.
fn take(root: &mut Option<Slot>, choose: &dyn Fn(&Fork) -> u32) -> Option<Entry> {
    match root {
        Some(slot @ Slot::Fork(_)) => take_below(slot, choose),
        _ => match root.take()? {
            Slot::Entry(entry) => Some(entry),
            Slot::Fork(_) => None,
        },
    }
}

fn take_below(slot: &mut Slot, choose: &dyn Fn(&Fork) -> u32) -> Option<Entry> {
    let Slot::Fork(fork) = slot else {
        return None;
    };
    let way = choose(fork);
    let place = fork.place(way);
    let below = tight::make_mut(&mut fork.slots).get_mut(place)?;
    if matches!(below, Slot::Fork(_)) {
        return take_below(below, choose);
    }
    let taken = fork.slots.remove(place);
    fork.taken &= !(1 << way);
    // Where one way is left, nothing parts.
    if let [last] = fork.slots.as_slice() {
        *slot = last.clone();
    }
    match taken {
        Slot::Entry(entry) => Some(entry),
        Slot::Fork(_) => None,
    }
}

/// All entries, in order.
fn walk(root: &[Slot]) -> Walk<'_> {
    Walk {
        above: vec![root.iter()],
    }
}

/// What is still to be walked from a key on, which parts from the nearest one as it does.
fn from<'t>(mut slot: &'t Slot, key: &[u8], near: &[u8]) -> Vec<slice::Iter<'t, Slot>> {
    let at = if key == near {
        u32::MAX
    } else {
        parting(key, near)
    };
    let mut above = Vec::new();
    while let Slot::Fork(fork) = slot
        && fork.at < at
    {
        let place = fork.place(way(key, fork.at));
        above.push(fork.slots[place + 1..].iter());
        slot = &fork.slots[place];
    }
    match slot {
        Slot::Fork(fork) if fork.at == at => {
            above.push(fork.slots[fork.place(way(key, at))..].iter());
        }
        _ if near >= key => above.push(slice::from_ref(slot).iter()),
        _ => {}
    }
    above
}

/// Slots that are still to come; those of the last one come next.
struct Walk<'t> {
    above: Vec<slice::Iter<'t, Slot>>,
}

impl<'t> Iterator for Walk<'t> {
    type Item = &'t Entry;

    fn next(&mut self) -> Option<&'t Entry> {
        loop {
            match self.above.last_mut()?.next() {
                None => _ = self.above.pop(),
                Some(Slot::Entry(entry)) => return Some(entry),
                Some(Slot::Fork(fork)) => self.above.push(fork.slots.iter()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ecow::EcoString;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// What keys have in common, which must be all digits that are skipped.
    fn check(slot: &Slot, keys: &mut Vec<Vec<u8>>, bytes: &dyn Fn(&Entry) -> Vec<u8>) {
        let fork = match slot {
            Slot::Entry(entry) => return keys.push(bytes(entry)),
            Slot::Fork(fork) => fork,
        };
        let mut own = Vec::new();
        for slot in &fork.slots {
            check(slot, &mut own, bytes);
        }
        assert_eq!(fork.slots.len(), fork.taken.count_ones() as usize);
        assert!(fork.slots.len() > 1, "nothing parts");
        let partings = own.windows(2).map(|pair| parting(&pair[0], &pair[1]));
        assert_eq!(partings.min(), Some(fork.at));
        keys.append(&mut own);
    }

    /// What is done is done to the standard library's map too; a copy of every tenth moment must stay as it
    /// was.
    fn compare<K>(key: impl Fn(u8) -> K, steps: Vec<(bool, u8, u16)>) -> Result<(), TestCaseError>
    where
        K: SortKey + Ord + Clone + fmt::Debug + 'static,
    {
        let (mut map, mut model, mut kept) = (SharedMap::new(), BTreeMap::new(), Vec::new());
        for (at, (is_insert, number, value)) in steps.into_iter().enumerate() {
            if is_insert {
                map.insert(key(number), value);
                model.insert(key(number), value);
            } else {
                let is_there = model.remove(&key(number)).is_some();
                prop_assert_eq!(map.remove(&key(number)), is_there);
            }
            if let Some(value) = map.get_mut(&key(number / 2)) {
                *value += 1;
            }
            if let Some(value) = model.get_mut(&key(number / 2)) {
                *value += 1;
            }
            if let Some(root) = &map.root {
                let bytes = |entry: &Entry| {
                    let key = key_of::<K, u16>(entry);
                    key.sort_key(&mut Bytes::default()).to_vec()
                };
                check(root, &mut Vec::new(), &bytes);
            }
            if at % 10 == 0 {
                kept.push((map.clone(), model.clone()));
                prop_assert_eq!(map.pop_first(), model.pop_first());
            }
            prop_assert_eq!(map.first(), model.first_key_value());
        }
        kept.push((map, model));
        for (map, model) in kept {
            prop_assert_eq!(map.len(), model.len());
            prop_assert!(map.iter().eq(model.iter()));
            for number in 0..=u8::MAX {
                let key = key(number);
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert!(map.from(&key).eq(model.range(key..)));
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn does_what_an_ordered_map_does(steps: Vec<(bool, u8, u16)>) {
            compare(|number| number, steps.clone())?;
            compare(|number| (u64::from(number % 3), number), steps.clone())?;
            // Some begin as others do.
            let text = |number| EcoString::from(format!("{:b}", number / 4));
            compare(text, steps.clone())?;
            compare(|number| (text(number), text(number % 8)), steps)?;
        }
    }
}
