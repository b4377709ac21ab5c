//! Stores and storages of the programs. Each store has a number of its own, and is counted when it is dropped.

use super::interpret;
use super::model::{Crosses, StorageId, StoreId};
use super::program::{Key, Val};
use super::world::World;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use throughline_core::{AsyncLocalStorage, Crossing, HandOver, Propagation};

/// A store. Clones of it, which `get_store` makes, are not counted.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) id: StoreId,
    original: Option<Original>,
}

#[derive(Debug)]
struct Original {
    world: Arc<World>,
    val: Val,
}

/// The default store of one of the statics: it is in no frame.
pub(crate) const DEFAULT: StoreId = 0;

impl Token {
    /// One that is on its way into a frame.
    pub(crate) fn new(world: &Arc<World>, val: &Val) -> Self {
        Token {
            id: world.new_store(),
            original: Some(Original {
                world: world.clone(),
                val: val.clone(),
            }),
        }
    }

    /// What goes over in place of a store, if the model says so.
    fn map(&self) -> Option<Self> {
        let world = &self.original.as_ref()?.world;
        let id = world.new_mapped_store(self.id)?;
        let original = Some(Original {
            world: world.clone(),
            val: Val::Plain,
        });
        Some(Token { id, original })
    }

    fn default_store() -> Self {
        Token {
            id: DEFAULT,
            original: None,
        }
    }
}

/// The payload of a store's panic.
pub(crate) struct DropPanic;

impl Drop for Token {
    fn drop(&mut self) {
        let Some(Original { world, val }) = self.original.take() else {
            return;
        };
        world.store_dropped(self.id);
        match val {
            Val::Plain => {}
            Val::Runs(ops) => {
                let _inside = world.in_destructor();
                // What panics in there ends there.
                let _ = catch_unwind(AssertUnwindSafe(|| interpret::run(&world, &ops)));
            }
            Val::Panics => {
                if !std::thread::panicking() {
                    world.store_panics();
                    resume_unwind(Box::new(DropPanic));
                }
            }
        }
    }
}

/// What the next clone on this thread does.
type CloneProgram = Box<dyn FnOnce()>;

thread_local! {
    static ON_CLONE: RefCell<Option<CloneProgram>> = const { RefCell::new(None) };
}

pub(crate) fn on_next_clone(program: Option<CloneProgram>) {
    let former = ON_CLONE.replace(program);
    drop(former);
}

impl Clone for Token {
    fn clone(&self) -> Self {
        let id = self.id;
        if let Some(program) = ON_CLONE.take() {
            program();
        }
        // Not `id`: if the program had this store freed, a tool that watches memory is to see it here.
        assert_eq!(self.id, id, "a store changed while it was cloned");
        Token {
            id: self.id,
            original: None,
        }
    }
}

/// A store of another size and alignment.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Wide(Token, #[expect(dead_code)] [u64; 9]);

impl From<Token> for Wide {
    fn from(token: Token) -> Self {
        Wide(token, [7; 9])
    }
}

impl AsRef<Token> for Wide {
    fn as_ref(&self) -> &Token {
        &self.0
    }
}

impl AsRef<Token> for Token {
    fn as_ref(&self) -> &Token {
        self
    }
}

static A: AsyncLocalStorage<Token> = AsyncLocalStorage::new();
static B: AsyncLocalStorage<Token> = AsyncLocalStorage::new()
    .named("b")
    .propagation(Propagation::everywhere());
static C: AsyncLocalStorage<Token> =
    AsyncLocalStorage::with_default(Token::default_store).propagation(PROPAGATION_OF_C);
static D: AsyncLocalStorage<Wide> = AsyncLocalStorage::new().propagation(Propagation::nowhere());

const PROPAGATION_OF_C: Propagation<Token> = Propagation::new()
    .task(Crossing::Map(Token::map))
    .job(Crossing::Map(Token::map));

/// What the storages say of hand-overs, for the model.
pub(crate) fn crosses(storage: StorageId, hand_over: HandOver) -> Crosses {
    let of_tokens = |propagation: Propagation<Token>| match propagation.at(hand_over) {
        Crossing::Inherit => Crosses::AsItIs,
        Crossing::Drop => Crosses::Not,
        Crossing::Map(_) => Crosses::Mapped,
    };
    match storage {
        1 => Crosses::AsItIs,
        2 => of_tokens(PROPAGATION_OF_C),
        3 => Crosses::Not,
        _ => of_tokens(Propagation::new()),
    }
}

/// A storage that was made at run time.
#[derive(Debug)]
pub(crate) struct Made {
    id: StorageId,
    world: Arc<World>,
    storage: AsyncLocalStorage<Token>,
}

impl Made {
    pub(crate) fn new(world: &Arc<World>, id: StorageId) -> Arc<Self> {
        Arc::new(Made {
            id,
            world: world.clone(),
            storage: AsyncLocalStorage::new(),
        })
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.world.storage_dropped(self.id);
    }
}

/// A storage, for as long as an operation needs it.
#[derive(Clone, Debug)]
pub(crate) enum Storage {
    Static(StorageId, &'static AsyncLocalStorage<Token>),
    Wide(StorageId, &'static AsyncLocalStorage<Wide>),
    Made(Arc<Made>),
}

/// The static storages come first.
pub(crate) const STATICS: usize = 4;

pub(crate) fn static_storage(n: usize) -> Storage {
    match n {
        0 => Storage::Static(0, &A),
        1 => Storage::Static(1, &B),
        2 => Storage::Static(2, &C),
        _ => Storage::Wide(3, &D),
    }
}

pub(crate) fn static_storage_of(key: Key) -> Storage {
    static_storage(usize::from(key) % STATICS)
}

impl Storage {
    pub(crate) fn id(&self) -> StorageId {
        match self {
            Storage::Static(id, _) | Storage::Wide(id, _) => *id,
            Storage::Made(made) => made.id,
        }
    }

    /// What is read where nothing is set.
    pub(crate) fn default(&self) -> Option<StoreId> {
        matches!(self, Storage::Static(2, _)).then_some(DEFAULT)
    }

    /// The storage, if it is static and of tokens.
    pub(crate) fn narrow_static(&self) -> Option<&'static AsyncLocalStorage<Token>> {
        match self {
            Storage::Static(_, storage) => Some(storage),
            _ => None,
        }
    }

    /// The storage, if it is of tokens.
    pub(crate) fn narrow(&self) -> Option<&AsyncLocalStorage<Token>> {
        match self {
            Storage::Static(_, storage) => Some(storage),
            Storage::Made(made) => Some(&made.storage),
            Storage::Wide(..) => None,
        }
    }
}

/// Does something with a storage of either type, and with a token as a store of that type.
macro_rules! with_storage {
    ($storage:expr, $s:ident $(, $token:ident)? => $e:expr) => {
        match $storage {
            $crate::properties::store::Storage::Wide(_, $s) => {
                $(let $token = $crate::properties::store::Wide::from($token);)?
                $e
            }
            other => {
                let $s = other.narrow().expect("a storage of tokens");
                $e
            }
        }
    };
}

/// Calls a function of several stores, such as `run_with`, for one to four of them, of which one at most is `Wide`.
macro_rules! with_several {
    ($stores:expr, $narrow:ident, $many:path, $last:expr) => {{
        let mut wide = None;
        let mut narrow = Vec::new();
        for (storage, token) in $stores {
            match &storage {
                $crate::properties::store::Storage::Wide(_, s) => {
                    wide = Some((*s, $crate::properties::store::Wide::from(token)))
                }
                other => narrow.push((other.$narrow().expect("a storage of tokens"), token)),
            }
        }
        let mut rest = narrow.into_iter();
        match (rest.next(), rest.next(), rest.next(), rest.next(), wide) {
            (None, _, _, _, Some(w)) => with_several!(@ $many, $last, w),
            (Some(a), None, _, _, None) => with_several!(@ $many, $last, a),
            (Some(a), None, _, _, Some(w)) => with_several!(@ $many, $last, a, w),
            (Some(a), Some(b), None, _, None) => with_several!(@ $many, $last, a, b),
            (Some(a), Some(b), None, _, Some(w)) => with_several!(@ $many, $last, w, a, b),
            (Some(a), Some(b), Some(c), None, None) => with_several!(@ $many, $last, a, b, c),
            (Some(a), Some(b), Some(c), None, Some(w)) => with_several!(@ $many, $last, a, w, b, c),
            (Some(a), Some(b), Some(c), Some(d), None) => with_several!(@ $many, $last, a, b, c, d),
            _ => unreachable!("one to four stores"),
        }
    }};
    (@ $many:path, $last:expr, $($store:expr),*) => { $many(($($store,)*), $last) };
}

pub(crate) use {with_several, with_storage};
