//! DefaultStorageClass and StorageObjectInUseProtection: a claim that names no class gets the
//! default one, and neither claim nor volume goes while somebody uses it.

use crate::{Key, Status, Store, Value};

const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

pub(super) fn admit(store: &mut Store, key: &Key, object: &mut Value) -> Result<(), Status> {
    let finalizer = match key.kind.as_str() {
        "PersistentVolume" => "kubernetes.io/pv-protection",
        "PersistentVolumeClaim" => "kubernetes.io/pvc-protection",
        _ => return Ok(()),
    };
    let finalizers = object.entry_at(&["metadata", "finalizers"]).items_mut();
    if !finalizers.contains(&finalizer.into()) {
        finalizers.push(finalizer.into());
    }
    if key.kind == "PersistentVolumeClaim" && object.at(&["spec", "storageClassName"]).is_null() {
        // Of several default classes the newest, then the first by name.
        let classes = store.list("StorageClass").into_iter();
        let class = classes
            .filter(|class| class.annotation(IS_DEFAULT) == Some("true"))
            .max_by_key(|class| {
                (
                    class.meta.created,
                    std::cmp::Reverse(class.key.name.clone()),
                )
            });
        if let Some(class) = class {
            object
                .entry("spec")
                .set("storageClassName", &class.key.name);
        }
    }
    Ok(())
}
