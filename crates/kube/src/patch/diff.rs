//! Strategic merge patches as clients make them (`k8s.io/apimachinery/pkg/util/strategicpatch`,
//! `diffMaps`).

use super::fault::{Fault, Go};
use super::schema::{Place, Strategy};
use super::strategic::{
    DELETE_FROM, Mode, PATCH, RETAIN_KEYS, SET_ORDER, are_maps, has_key, merge_maps, same,
};
use crate::{Map, Value};
use ecow::{EcoString, EcoVec, eco_format};
use std::cmp::Ordering;

/// Which differences are asked for: what is new or different, or what is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Changes,
    Removals,
}

/// The strategic merge patch that brings a live object from the last manifest to the next
/// (`CreateThreeWayMergePatch`, overwriting): what `next` says otherwise than `live`, and the removal
/// of what `last` said and `next` does not.
///
/// # Errors
/// A list whose items lack the field they are merged by.
pub fn three_way(last: &Value, next: &Value, live: &Value) -> Result<Value, Fault> {
    let place = Place::root(next);
    let changes = compare_maps(place, live, next, Wanted::Changes, false)?;
    let removals = compare_maps(place, last, next, Wanted::Removals, false)?;
    merge_maps(place, &Value::Map(removals), changes, Mode::Combine)
}

/// What a patch must say for a map. `retain` adds which members are to stay.
fn compare_maps(
    place: Place<'_>,
    old: &Value,
    new: &Value,
    wanted: Wanted,
    retain: bool,
) -> Result<Map, Fault> {
    let mut patch = Map::new();
    let nothing = Map::new();
    let (old, new) = (
        old.as_map().unwrap_or(&nothing),
        new.as_map().unwrap_or(&nothing),
    );
    for (name, value) in new.iter() {
        let strategy = place.strategy(name);
        match (old.get(name), value) {
            (Some(before @ Value::Map(_)), Value::Map(_)) if !strategy.replace => {
                let inside = place.inside(name);
                let part = compare_maps(inside, before, value, wanted, strategy.retain_keys)?;
                if !part.is_empty() {
                    patch.insert(name.clone(), part);
                }
            }
            (Some(Value::List(before)), Value::List(items)) if strategy.merge => {
                let inside = place.inside(name);
                compare_lists(inside, strategy, name, before, items, wanted, &mut patch)?;
            }
            // A map that is replaced as a whole is always sent.
            (Some(before), _) if before == value && !(strategy.replace && is_map(value)) => {}
            _ if wanted == Wanted::Changes => {
                patch.insert(name.clone(), value.clone());
            }
            _ => {}
        }
    }
    if wanted == Wanted::Removals {
        for name in old.keys().filter(|name| !new.contains_key(name)) {
            patch.insert(name.clone(), Value::Null);
        }
    }
    if retain {
        let gone =
            |(name, value): (&EcoString, &Value)| !value.is_null() && !new.contains_key(name);
        let stay = new.iter().filter(|(_, value)| !value.is_null());
        let stay: Vec<Value> = stay.map(|(name, _)| name.into()).collect();
        if !stay.is_empty() && (!patch.is_empty() || old.iter().any(gone)) {
            patch.insert(RETAIN_KEYS, stay);
        }
    }
    Ok(patch)
}

fn is_map(value: &Value) -> bool {
    matches!(value, Value::Map(_))
}

/// Puts into `patch` what it must say for a merged list: the items, those to delete, and the order.
fn compare_lists(
    place: Place<'_>,
    strategy: Strategy,
    name: &str,
    old: &[Value],
    new: &[Value],
    wanted: Wanted,
    patch: &mut Map,
) -> Result<(), Fault> {
    if old.is_empty() {
        if wanted == Wanted::Changes {
            put(patch, name.into(), new.into());
        }
        return Ok(());
    }
    if !are_maps(&[old, new])? {
        let (added, gone) = compare_sets(old, new);
        let differs = match wanted {
            Wanted::Changes => old != new,
            Wanted::Removals => !gone.is_empty(),
        };
        match wanted {
            Wanted::Changes => put(patch, name.into(), in_order_of(added, new, None)),
            Wanted::Removals => put(patch, eco_format!("{DELETE_FROM}/{name}"), gone),
        }
        if differs {
            put(patch, order_name(name), new.into());
        }
        return Ok(());
    }
    let Some(key) = strategy.key else {
        let message = eco_format!("cannot merge lists without merge key for {name}");
        return Err(Fault::other(message));
    };
    let (changed, gone) = compare_items(place, strategy, key, old, new, wanted)?;
    let mut items = in_order_of(changed, new, Some(key));
    items.extend(gone);
    let reordered = wanted == Wanted::Changes
        && (old.len() != new.len() || old.iter().zip(new).any(|(a, b)| !same(a, b, Some(key))));
    if reordered || !items.is_empty() {
        let order = new
            .iter()
            .map(|item| crate::map! { key => item.get(key).clone() });
        put(patch, order_name(name), order.collect());
    }
    put(patch, name.into(), items);
    Ok(())
}

fn order_name(list: &str) -> EcoString {
    eco_format!("{SET_ORDER}/{list}")
}

/// Puts a list into a patch, unless it is empty.
fn put(patch: &mut Map, name: EcoString, items: EcoVec<Value>) {
    if !items.is_empty() {
        patch.insert(name, items);
    }
}

/// Items in the order that they have in a list.
fn in_order_of(items: EcoVec<Value>, order: &[Value], key: Option<&str>) -> EcoVec<Value> {
    let mut items: Vec<Value> = items.into_iter().collect();
    lean::sort_by_key(&mut items, |item| {
        order.iter().position(|one| same(one, item, key))
    });
    items.into_iter().collect()
}

/// What a patch must say for the items of a list: changed and new ones, and those to delete. Walks both
/// lists by the text of their keys.
fn compare_items(
    place: Place<'_>,
    strategy: Strategy,
    key: &str,
    old: &[Value],
    new: &[Value],
    wanted: Wanted,
) -> Result<(EcoVec<Value>, EcoVec<Value>), Fault> {
    let sorted = |list: &[Value]| -> Result<Vec<(EcoString, Value)>, Fault> {
        let mut sorted = Vec::with_capacity(list.len());
        for item in list {
            sorted.push((eco_format!("{}", Go(has_key(item, key)?)), item.clone()));
        }
        lean::sort_by(&mut sorted, |a, b| a.0.cmp(&b.0));
        Ok(sorted)
    };
    let (old, new) = (sorted(old)?, sorted(new)?);
    let (mut changed, mut gone) = (EcoVec::new(), EcoVec::new());
    let (mut olds, mut news) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let before = olds.next_if(|_| order != Ordering::Greater);
        let after = news.next_if(|_| order != Ordering::Less);
        match (before, after) {
            (Some((_, before)), Some((_, after))) => {
                let retain = strategy.retain_keys;
                let mut part = compare_maps(place, before, after, wanted, retain)?;
                if !part.is_empty() {
                    part.insert(key, after.get(key).clone());
                    changed.push(part.into());
                }
            }
            (None, Some((_, after))) if wanted == Wanted::Changes => changed.push(after.clone()),
            (Some((_, before)), None) if wanted == Wanted::Removals => {
                gone.push(crate::map! { key => before.get(key).clone(), PATCH => "delete" });
            }
            _ => {}
        }
    }
    Ok((changed, gone))
}

/// What one list of plain values has over another, both ways.
fn compare_sets(old: &[Value], new: &[Value]) -> (EcoVec<Value>, EcoVec<Value>) {
    let only = |list: &[Value], other: &[Value]| {
        let mut only: Vec<Value> = Vec::new();
        for item in list {
            if !other.contains(item) && !only.contains(item) {
                only.push(item.clone());
            }
        }
        lean::sort_by_key(&mut only, |item| eco_format!("{}", Go(item)));
        only.into_iter().collect::<EcoVec<Value>>()
    };
    (only(new, old), only(old, new))
}
