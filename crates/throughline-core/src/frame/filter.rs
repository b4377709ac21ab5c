//! What of a frame crosses a hand-over.

use super::build::settled;
use super::counts::Counts;
use super::shape::{Head, Shape};
use super::{FrameRef, Mode, NOTHING, Traits, binding_at, entry};
use crate::key::{self, Owner};
use crate::propagation::{HandOver, Maps};
use std::panic::Location;
use std::sync::Arc;

/// What of `frame` crosses: itself, if nothing in it asks to be filtered; else one new frame, and one more for each store that is mapped.
#[cfg_attr(feature = "audit", track_caller)]
pub(crate) fn filtered(frame: FrameRef, hand_over: HandOver) -> FrameRef {
    filtered_at(frame, hand_over, Location::caller())
}

/// The same, where it was handed over at `place`: for the audit.
pub(crate) fn filtered_at(
    frame: FrameRef,
    hand_over: HandOver,
    place: &'static Location<'static>,
) -> FrameRef {
    // SAFETY: `frame` keeps itself alive.
    if unsafe { !(*frame.as_ptr()).traits.has(hand_over.bit()) } {
        return frame;
    }
    let crossing = filter(&frame, hand_over, place);
    // A map may have put another frame in force, so that this is the last of what it replaced. Not as an argument that goes with the function: if a
    // store's `Drop` panics here, what crosses is dropped, not lost.
    drop(frame);
    crossing
}

#[cold]
#[inline(never)]
#[cfg_attr(not(feature = "audit"), allow(unused_variables))]
fn filter(frame: &FrameRef, hand_over: HandOver, place: &'static Location<'static>) -> FrameRef {
    let Plan {
        stays,
        crosses,
        asks,
        maps,
        #[cfg(feature = "audit")]
        lost,
    } = Plan::of(frame, hand_over);
    let crossing = match (crosses, stays.is_empty()) {
        (false, _) => FrameRef::EMPTY,
        (true, true) => frame.clone(),
        (true, false) => without_all(frame, &stays, asks),
    };
    #[cfg(feature = "audit")]
    let crossing = crate::audit::with_trail(crossing, lost, place);
    // User code, which may panic or change what is current: with the registry unlocked, and only frames of our own in hand.
    maps.iter().fold(crossing, |onto, maps| {
        maps.map(hand_over, frame, &onto).unwrap_or(onto)
    })
}

/// What is to be done.
struct Plan {
    /// The slots of the stores that do not cross as they are.
    stays: Vec<u32>,
    /// Whether any does.
    crosses: bool,
    /// What those that do ask of further hand-overs.
    asks: u8,
    maps: Vec<Arc<dyn Maps>>,
    /// The ids of the storages that are expected, and stay.
    #[cfg(feature = "audit")]
    lost: Vec<u64>,
}

impl Plan {
    fn of(frame: &FrameRef, hand_over: HandOver) -> Self {
        let mut plan = Plan {
            stays: Vec::new(),
            crosses: false,
            asks: 0,
            maps: Vec::new(),
            #[cfg(feature = "audit")]
            lost: Vec::new(),
        };
        key::with_owners(|owners| {
            for (slot, id) in storages_in(frame) {
                match owners.get(slot, id) {
                    Some(Owner { asks, .. }) if asks & hand_over.bit() == 0 => {
                        plan.crosses = true;
                        plan.asks |= asks;
                    }
                    Some(owner) => {
                        plan.stays.push(slot);
                        #[cfg(feature = "audit")]
                        if owner.is_expected && !is_mapped(owner, hand_over) {
                            plan.lost.push(id);
                        }
                        plan.maps.extend(owner.maps.clone());
                    }
                    // Of a storage that was dropped: nobody can read it.
                    None => plan.stays.push(slot),
                }
            }
        });
        plan
    }
}

#[cfg(feature = "audit")]
fn is_mapped(owner: &key::Owner, hand_over: HandOver) -> bool {
    owner.maps.as_ref().is_some_and(|maps| maps.is_mapped(hand_over))
}

/// The slot and id of each storage that is set in `frame`.
pub(crate) fn storages_in(frame: &FrameRef) -> impl Iterator<Item = (u32, u64)> {
    let f = frame.as_ptr();
    // SAFETY: `frame` keeps itself alive, and its bindings with it.
    unsafe {
        (*f).entries()
            .filter_map(move |at| binding_at(f, at).map(|b| (key::slot_of(at), (*b).id)))
    }
}

/// The ids of the storages that are expected everywhere, and set in `frame`.
#[cfg(feature = "audit")]
pub(crate) fn expected_in(frame: &FrameRef) -> Vec<u64> {
    key::with_owners(|owners| {
        let is_expected =
            |&(slot, id): &(u32, u64)| owners.get(slot, id).is_some_and(|owner| owner.is_expected);
        storages_in(frame).filter(is_expected).map(|(_, id)| id).collect()
    })
}

/// `frame` without the stores at `slots`, of which there are some; those that remain have `asks`.
fn without_all(frame: &FrameRef, slots: &[u32], asks: u8) -> FrameRef {
    let parent = frame.as_ptr();
    let head = Head {
        counts: Counts::one(),
        id: 0,
        mode: Mode::BorrowsHiding,
        traits: 0,
        epoch: key::epoch(),
    };
    // SAFETY: `frame` holds the parent until the new frame is settled, which nobody else knows until then. The slots are of its index, which
    // is as long as the parent's.
    unsafe {
        let f = Shape::<()>::allocate(parent, 0, head);
        for &slot in slots {
            entry(f, key::entry_of(slot)).write(NOTHING);
        }
        // Not the parent's: what asked may be gone, and then no further hand-over need look.
        (*f).traits = Traits(asks);
        settled(f)
    }
}
