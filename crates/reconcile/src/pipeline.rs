//! tmp
use crate::delivery::registry::Registry;
use crate::engine::World;
use crate::view::Tint;
/// s
#[derive(Clone, Debug, Default)]
pub struct State { registry: Registry }
impl State {
    pub(crate) fn registry(&self) -> &Registry { &self.registry }
    pub(crate) fn tint_of_digest(&self, _digest: &str) -> Option<Tint> { None }
}
/// e
#[derive(Clone, Debug)]
pub enum Event {}
pub(crate) fn act(_: &mut World, e: Event) { match e {} }
