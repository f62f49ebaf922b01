//! Strategic merge: a merge patch in which some lists merge item by item, and `$` members give
//! directions (`k8s.io/apimachinery/pkg/util/strategicpatch`, `mergeMap`).

use super::fault::{Fault, Go, LIST, MAP};
use super::schema::Place;
use crate::{Map, Value};
use ecow::{EcoVec, eco_format};

pub(super) const PATCH: &str = "$patch";
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
pub(super) const DELETE_FROM: &str = "$deleteFromPrimitiveList";
pub(super) const SET_ORDER: &str = "$setElementOrder";

/// What is merged: an object with a patch, as the server does, or one patch with another, as a client
/// does that makes one of two. The latter keeps directives and nulls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Apply,
    Combine,
}

/// What an object is after a strategic merge patch. How its fields merge follows from its `kind`.
///
/// # Errors
/// Directives that make no sense, and list items without the field that they are merged by.
pub fn strategic(object: &Value, patch: &Value) -> Result<Value, Fault> {
    let Value::Map(members) = patch else {
        return Err(Fault::arg_type(MAP, patch));
    };
    merge_maps(Place::root(object), object, members.clone(), Mode::Apply)
}

/// Merges the members of a patch into a map.
pub(super) fn merge_maps(
    place: Place<'_>,
    original: &Value,
    mut patch: Map,
    mode: Mode,
) -> Result<Value, Fault> {
    if let Some(directive) = patch.get(PATCH) {
        let directive = directive.clone();
        match directive.text() {
            // One level only: what is in the patch is taken as it stands.
            "replace" => {
                patch.remove(PATCH);
                return Ok(Value::Map(patch));
            }
            "delete" => return Ok(crate::map! {}),
            _ => return Err(Fault::directive(&directive, &Value::Map(patch))),
        }
    }
    let mut result = match original {
        Value::Map(map) => map.clone(),
        _ => Map::new(),
    };
    retain_keys(&mut result, &mut patch, mode)?;
    merge_ordered_lists(place, &mut result, &mut patch, mode)?;
    for (name, change) in patch.iter() {
        merge_member(place, &mut result, name, change, mode)?;
    }
    Ok(Value::Map(result))
}

fn merge_member(
    place: Place<'_>,
    result: &mut Map,
    name: &str,
    change: &Value,
    mode: Mode,
) -> Result<(), Fault> {
    let mut name = name;
    let deletes = name.starts_with(DELETE_FROM);
    if deletes {
        if mode == Mode::Combine {
            result.insert(name, change.clone());
            return Ok(());
        }
        name = list_named(name, DELETE_FROM).ok_or_else(|| Fault::format("primitive list"))?;
    }
    if change.is_null() {
        result.remove(name);
        if mode == Mode::Apply {
            return Ok(());
        }
    }
    let strategy = place.strategy(name);
    let merged = match (result.get(name), change) {
        (Some(Value::Map(_)), Value::Map(_)) if strategy.replace => Some(change.clone()),
        (Some(before @ Value::Map(_)), Value::Map(members)) => Some(merge_maps(
            place.inside(name),
            before,
            members.clone(),
            mode,
        )?),
        (Some(Value::List(before)), Value::List(items)) => Some(match strategy.merge || deletes {
            true => Value::List(merge_lists(
                place.inside(name),
                strategy.key,
                before,
                items,
                deletes,
                mode,
            )?),
            false => change.clone(),
        }),
        // Nothing can be deleted from what is no list.
        (before, _) if deletes => before.cloned(),
        // Of another type, or not there: what the patch says.
        _ => without_directives(&match mode {
            Mode::Apply => without_nulls(change),
            Mode::Combine => change.clone(),
        }),
    };
    match merged {
        Some(merged) => result.insert(name, merged),
        None => result.remove(name),
    };
    Ok(())
}

/// The list that a directive's name is about: `$setElementOrder/containers`.
fn list_named<'a>(name: &'a str, directive: &str) -> Option<&'a str> {
    name.strip_prefix(directive)?.strip_prefix('/')
}

/// `$retainKeys`: members that it does not name go.
fn retain_keys(result: &mut Map, patch: &mut Map, mode: Mode) -> Result<(), Fault> {
    let Some(named) = patch.remove(RETAIN_KEYS) else {
        return Ok(());
    };
    if mode == Mode::Combine {
        match result.get(RETAIN_KEYS) {
            Some(before) if *before != named => {
                return Err(Fault::other(eco_format!(
                    "{} and {} are not deep equal: this may happen when calculating the 3-way diff patch",
                    Go(before),
                    Go(&named)
                )));
            }
            _ => result.insert(RETAIN_KEYS, named),
        };
        return Ok(());
    }
    let Value::List(named) = named else {
        return Err(Fault::format("retainKeys"));
    };
    let is_named = |name: &str| named.iter().any(|one| one.as_str() == Some(name));
    for (name, change) in patch.iter() {
        let directs = name.starts_with(DELETE_FROM) || name.starts_with(SET_ORDER);
        if !change.is_null() && !directs && !is_named(name) {
            return Err(Fault::format("retainKeys"));
        }
    }
    let kept = result.iter().filter(|(name, _)| is_named(name));
    *result = kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(())
}

/// `$setElementOrder/LIST`: merges each list that has one, in the order that it gives. Takes both out
/// of the patch.
fn merge_ordered_lists(
    place: Place<'_>,
    result: &mut Map,
    patch: &mut Map,
    mode: Mode,
) -> Result<(), Fault> {
    let orders: Vec<_> = patch
        .keys()
        .filter(|name| name.starts_with(SET_ORDER))
        .cloned()
        .collect();
    for directive in orders {
        let said = patch.remove(&directive).unwrap_or_default();
        if mode == Mode::Combine {
            if result.get(&directive).is_some_and(|before| *before != said) {
                return Err(Fault::format("setElementOrder list"));
            }
            result.insert(directive.clone(), said.clone());
        }
        let order = list(&said)?;
        let name = list_named(&directive, SET_ORDER)
            .ok_or_else(|| Fault::format("setElementOrder list"))?;
        let strategy = place.strategy(name);
        let before = result.get(name).map(list).transpose()?;
        let change = patch.get(name).map(list).transpose()?;
        check_order(change.unwrap_or_default(), order, strategy.key)?;
        let merged: EcoVec<Value> = match (before, change) {
            (None, None) => continue,
            (Some(before), None) => before.into(),
            (None, Some(change)) => change.iter().filter_map(without_directives).collect(),
            (Some(_), Some(change)) if !strategy.merge => change.into(),
            (Some(before), Some(change)) => {
                let inside = place.inside(name);
                merge_lists(inside, strategy.key, before, change, false, mode)?
            }
        };
        let before = before.unwrap_or_default();
        are_maps(&[before, change.unwrap_or_default()])?;
        let merged = in_order(&merged, order, before, strategy.key)?;
        result.insert(name, Value::List(merged));
        patch.remove(name);
    }
    Ok(())
}

fn list(value: &Value) -> Result<&[Value], Fault> {
    match value {
        Value::List(items) => Ok(items),
        _ => Err(Fault::arg_type(LIST, value)),
    }
}

/// The items of a patch must come in the order that `$setElementOrder` gives, and be named there.
fn check_order(items: &[Value], order: &[Value], key: Option<&str>) -> Result<(), Fault> {
    if items.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut rest = order.iter();
    for item in items {
        if key.is_some() && item.as_map().is_none() {
            return Err(Fault::arg_type(MAP, item));
        }
        if !item.get(PATCH).is_null() {
            continue;
        }
        let mut found = false;
        for place in rest.by_ref() {
            if let Some(key) = key {
                has_key(item, key)?;
                has_key(place, key)?;
            }
            if same(item, place, key) {
                found = true;
                break;
            }
        }
        if !found {
            return Err(Fault::other(eco_format!(
                "The order in patch list:\n{}\n doesn't match {SET_ORDER} list:\n{}\n",
                Go(&items.iter().cloned().collect()),
                Go(&order.iter().cloned().collect())
            )));
        }
    }
    Ok(())
}

/// Whether two items of a list stand for the same thing.
pub(super) fn same(a: &Value, b: &Value, key: Option<&str>) -> bool {
    match key {
        Some(key) => a.get(key) == b.get(key),
        None => a == b,
    }
}

/// An item must be a map with the field that its list is merged by.
pub(super) fn has_key<'a>(item: &'a Value, key: &str) -> Result<&'a Value, Fault> {
    let Value::Map(map) = item else {
        return Err(Fault::arg_type(MAP, item));
    };
    map.get(key).ok_or_else(|| Fault::no_merge_key(item, key))
}

/// Whether the items of lists are maps. They must be of one type, and that no list.
pub(super) fn are_maps(lists: &[&[Value]]) -> Result<bool, Fault> {
    let mut items = lists.iter().copied().flatten();
    let Some(first) = items.next() else {
        let message = "no elements in any of the given slices";
        return Err(Fault::other(message.into()));
    };
    if matches!(first, Value::List(_)) {
        return Err(Fault::list_of_lists());
    }
    if items.any(|item| std::mem::discriminant(item) != std::mem::discriminant(first)) {
        let shown = lists
            .iter()
            .map(|list| list.iter().cloned().collect::<Value>());
        return Err(Fault::other(eco_format!(
            "list element types are not identical: {}",
            Go(&shown.collect::<Value>())
        )));
    }
    Ok(matches!(first, Value::Map(_)))
}

/// Merges a list item by item, by its key; a list of plain values as a set. With `deletes` the items
/// of the patch go instead.
fn merge_lists(
    place: Place<'_>,
    key: Option<&str>,
    before: &[Value],
    patch: &[Value],
    deletes: bool,
    mode: Mode,
) -> Result<EcoVec<Value>, Fault> {
    if before.is_empty() && patch.is_empty() {
        return Ok(EcoVec::new());
    }
    if !are_maps(&[before, patch])? {
        if deletes {
            let kept = before.iter().filter(|item| !patch.contains(item));
            return Ok(kept.cloned().collect());
        }
        let merged = distinct(before.iter().chain(patch));
        return in_order(&merged, patch, before, None);
    }
    let Some(key) = key else {
        let message = eco_format!("cannot merge lists without merge key for {}", place.field);
        return Err(Fault::other(message));
    };
    let (base, patch) = follow_directives(before, patch, key)?;
    let mut merged = base.clone();
    for item in &patch {
        let value = has_key(item, key)?;
        let at = merged.iter().position(|one| one.get(key) == value);
        match (at, item) {
            (Some(at), Value::Map(members)) => {
                let both = merge_maps(place, &merged[at], members.clone(), mode)?;
                merged.make_mut()[at] = both;
            }
            _ => merged.push(item.clone()),
        }
    }
    in_order(&merged, &patch, &base, Some(key))
}

/// `$patch` in items of a list: `delete` takes the item out, `replace` makes the patch's other items
/// the whole list. Returns what is left of both lists.
fn follow_directives(
    before: &[Value],
    patch: &[Value],
    key: &str,
) -> Result<(EcoVec<Value>, EcoVec<Value>), Fault> {
    let mut base: EcoVec<Value> = before.into();
    let mut items = EcoVec::new();
    let mut replaces = false;
    for item in patch {
        let directive = item.get(PATCH);
        match directive.text() {
            _ if directive.is_null() => items.push(item.clone()),
            "delete" => {
                let value = has_key(item, key)?;
                base.retain(|one| one.get(key) != value);
            }
            "replace" => replaces = true,
            "merge" => {
                let message = "merging lists cannot yet be specified in the patch";
                return Err(Fault::other(message.into()));
            }
            _ => return Err(Fault::directive(directive, item)),
        }
    }
    Ok(match replaces {
        true => (items, EcoVec::new()),
        false => (base, items),
    })
}

/// Each item once, where it stands first.
fn distinct<'a>(items: impl Iterator<Item = &'a Value>) -> EcoVec<Value> {
    let mut seen = EcoVec::new();
    for item in items {
        if !seen.contains(item) {
            seen.push(item.clone());
        }
    }
    seen
}

/// The order of a merged list: items that `order` names come in its order; the others keep theirs
/// from `before`, each in front of the first named one that stood behind it there
/// (`normalizeElementOrder`, `mergeSortedSlice`). So what a patch adds comes first.
fn in_order(
    merged: &[Value],
    order: &[Value],
    before: &[Value],
    key: Option<&str>,
) -> Result<EcoVec<Value>, Fault> {
    if let Some(key) = key {
        for item in merged.iter().chain(order) {
            has_key(item, key)?;
        }
    }
    let place = |of: &[Value], item: &Value| of.iter().position(|one| same(one, item, key));
    let (mut named, mut others): (Vec<&Value>, Vec<&Value>) =
        merged.iter().partition(|item| place(order, item).is_some());
    lean::sort_by_key(&mut named, |item| place(order, item));
    lean::sort_by_key(&mut others, |item| place(before, item));
    let mut others = others.into_iter().peekable();
    let mut result = EcoVec::new();
    for item in named {
        let behind = place(before, item);
        while let Some(other) =
            others.next_if(|other| behind.is_some() && place(before, other) < behind)
        {
            result.push(other.clone());
        }
        result.push(item.clone());
    }
    result.extend(others.cloned());
    Ok(result)
}

/// A value without the parts that are directives; none if it is one itself.
fn without_directives(value: &Value) -> Option<Value> {
    match value {
        Value::Map(map) if map.contains_key(PATCH) => None,
        Value::Map(map) => {
            let members = map.iter();
            let kept = members.filter_map(|(key, value)| {
                without_directives(value).map(|value| (key.clone(), value))
            });
            Some(Value::Map(kept.collect()))
        }
        Value::List(items) => Some(items.iter().filter_map(without_directives).collect()),
        other => Some(other.clone()),
    }
}

/// A value without members that are null.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let members = map.iter().filter(|(_, value)| !value.is_null());
            Value::Map(
                members
                    .map(|(key, value)| (key.clone(), without_nulls(value)))
                    .collect(),
            )
        }
        Value::List(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
