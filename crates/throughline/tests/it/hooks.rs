//! Resources and hooks beside real Node: the same scenarios, played by it (`tests/node/hooks`) and by us.

use crate::support::node::{assert_same_as_node, run_node};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock};
use throughline::{
    AsyncHook, AsyncId, AsyncLocalStorage, AsyncResource, ResourceInfo, ResourceType, create_hook,
    execution_async_id, execution_async_resource, prelude::*, trigger_async_id,
};

/// What is said, in order.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn say(&self, line: impl Display) {
        self.0.lock().unwrap().push(line.to_string());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    Init,
    Before,
    After,
    Destroy,
}
use Event::*;

/// A hook that says what it is told of resources of some types, which no other test makes. `also` is called after that.
fn hook<const N: usize>(
    lines: &Lines,
    label: &'static str,
    events: &[Event],
    types: [&'static str; N],
    also: impl Fn(Event, &ResourceInfo) + Clone + Send + Sync + 'static,
) -> AsyncHook {
    let told = |event: Event, name: &'static str| {
        let (lines, also) = (lines.clone(), also.clone());
        move |resource: &ResourceInfo| {
            lines.say(format!("{label} {name} {}", resource.type_name()));
            also(event, resource);
        }
    };
    let mut hook = create_hook().only(types);
    for event in events {
        hook = match event {
            Init => hook.init(told(Init, "init")),
            Before => hook.before(told(Before, "before")),
            After => hook.after(told(After, "after")),
            Destroy => hook.destroy(told(Destroy, "destroy")),
        };
    }
    hook.build()
}

fn nothing(_: Event, _: &ResourceInfo) {}

fn executing() -> &'static str {
    execution_async_resource().map_or("none", |resource| resource.type_name())
}

/// What `f` panics with.
fn caught(f: impl FnOnce()) -> &'static str {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it should have panicked");
    panic.downcast_ref::<&'static str>().unwrap()
}

/// `RES-6`, `HK-11`, `HK-15`, `ID-7`
#[test]
fn nesting_is_nodes() {
    let lines = Lines::default();
    let types = ["HN_ONE", "HN_TWO"];
    let hook = hook(&lines, "hook", &[Init, Before, After], types, nothing);
    let _enabled = hook.enable_scoped();
    let say_where = || lines.say(format!("in {}", executing()));

    let [one, two] = types.map(AsyncResource::new);
    lines.say(one.run_in_async_scope(|| 1 + 2));
    one.run_in_async_scope(|| {
        two.run_in_async_scope(|| {
            one.run_in_async_scope(say_where);
            say_where();
        });
        one.run_in_async_scope(say_where);
    });
    let panic = caught(|| {
        one.run_in_async_scope(|| {
            let panic = caught(|| two.run_in_async_scope(|| one.run_in_async_scope(|| panic!("innermost"))));
            lines.say(format!("caught {panic} in {}", executing()));
            panic!("again");
        });
    });
    lines.say(format!("caught {panic} in {}", executing()));
    fn nest(depth: usize) -> usize {
        if depth == 0 {
            return 0;
        }
        1 + AsyncResource::new("DEEP").run_in_async_scope(|| nest(depth - 1))
    }
    let depth = std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(|| nest(1000));
    let depth = depth.unwrap().join().unwrap();
    lines.say(format!("{depth} deep, then in {}", executing()));
    assert_same_as_node("hooks/nesting.js", &lines.take());
}

/// `HK-4`, `HK-5`, `HK-9`
#[test]
fn the_order_of_hooks_is_nodes() {
    const TYPES: [&str; 8] = [
        "HN_ORDER_1",
        "HN_ORDER_2",
        "HN_ORDER_3",
        "HN_ORDER_4",
        "HN_ORDER_5",
        "HN_ORDER_6",
        "HN_ORDER_7",
        "HN_ORDER_8",
    ];
    let lines = Lines::default();
    let [one, two, three] =
        ["one", "two", "three"].map(|label| hook(&lines, label, &[Init, Before, After], TYPES, nothing));
    let mut types = TYPES.into_iter();
    let mut play = |title: &str| {
        lines.say(title);
        AsyncResource::new(types.next().unwrap()).run_in_async_scope(|| lines.say("callback"));
    };

    play("none is enabled");
    two.enable();
    one.enable();
    three.enable();
    play("two, one, three");
    one.enable();
    play("enabled again");
    two.disable();
    two.enable();
    play("disabled, and enabled again");
    three.disable();
    three.disable();
    play("disabled twice");
    let empty = create_hook().build();
    empty.enable();
    play("with an empty one");
    one.disable().enable();
    play("in a chain");
    one.disable();
    two.disable();
    play("none is enabled");
    empty.disable();
    assert_same_as_node("hooks/order.js", &lines.take());
}

/// `HK-6`
#[test]
fn the_frozen_set_is_nodes() {
    const TYPES: [&str; 7] = [
        "HN_OUTER_1",
        "HN_INNER_1",
        "HN_NEXT_1",
        "HN_OUTER_2",
        "HN_INNER_2",
        "HN_OUTER_3",
        "HN_OUTER_4",
    ];
    let lines = Lines::default();
    let all = [Init, Before, After];
    let scope = |resource: &AsyncResource| resource.run_in_async_scope(|| ());
    let say_callback = || lines.say("callback");

    lines.say("enabled in init");
    {
        let late = hook(&lines, "late", &all, TYPES, nothing);
        let early = hook(&lines, "early", &[Init], TYPES, {
            let (lines, late) = (lines.clone(), late.clone());
            move |_, resource| {
                if resource.type_name() != "HN_OUTER_1" {
                    return;
                }
                late.enable();
                AsyncResource::new("HN_INNER_1").run_in_async_scope(|| ());
                lines.say("end of init");
            }
        });
        early.enable();
        scope(&AsyncResource::new("HN_OUTER_1"));
        let _next = AsyncResource::new("HN_NEXT_1");
        early.disable();
        late.disable();
    }
    lines.say("disabled in init");
    {
        let late = hook(&lines, "late", &all, TYPES, nothing);
        let early = hook(&lines, "early", &[Init], TYPES, {
            let (lines, late) = (lines.clone(), late.clone());
            move |_, resource| {
                if resource.type_name() != "HN_OUTER_2" {
                    return;
                }
                late.disable();
                AsyncResource::new("HN_INNER_2").run_in_async_scope(|| ());
                lines.say("end of init");
            }
        });
        early.enable();
        late.enable();
        scope(&AsyncResource::new("HN_OUTER_2"));
        early.disable();
    }
    lines.say("disables itself in before");
    {
        static ITSELF: OnceLock<AsyncHook> = OnceLock::new();
        let itself = hook(&lines, "itself", &all, TYPES, |event, _| {
            if event == Before {
                ITSELF.get().unwrap().disable();
            }
        });
        ITSELF.get_or_init(|| itself).enable();
        let outer = AsyncResource::new("HN_OUTER_3");
        outer.run_in_async_scope(say_callback);
        outer.run_in_async_scope(say_callback);
    }
    lines.say("disabled and enabled in before");
    {
        let late = hook(&lines, "late", &all, TYPES, nothing);
        let other = hook(&lines, "other", &all, TYPES, nothing);
        let early = hook(&lines, "early", &[Before], TYPES, {
            let late = late.clone();
            move |_, _| {
                late.disable();
                late.enable();
            }
        });
        let _enabled = [early.enable_scoped(), late.enable_scoped(), other.enable_scoped()];
        AsyncResource::new("HN_OUTER_4").run_in_async_scope(say_callback);
    }
    assert_same_as_node("hooks/frozen.js", &lines.take());
}

/// `HK-7`, `HK-8`, `HK-10`
#[test]
fn unmatched_events_are_nodes() {
    let lines = Lines::default();
    let types = ["HN_UNSEEN", "HN_NEVER_RUN"];
    let late = hook(&lines, "late", &[Init, Before, After, Destroy], types, nothing);
    let resource = AsyncResource::new("HN_UNSEEN");

    resource.run_in_async_scope(|| {
        lines.say("enabled in a callback");
        late.enable();
    });
    resource.run_in_async_scope(|| lines.say("enabled"));
    resource.run_in_async_scope(|| {
        lines.say("disabled in a callback");
        late.disable();
    });
    resource.run_in_async_scope(|| {
        late.enable();
        lines.say("an inner callback");
        resource.run_in_async_scope(|| lines.say("inner"));
        late.disable();
    });
    late.enable();
    let _never_run = AsyncResource::new("HN_NEVER_RUN");
    resource.emit_destroy();
    lines.say("end");
    late.disable();
    assert_same_as_node("hooks/unmatched.js", &lines.take());
}

/// `RES-2`, `RES-4`, `HK-11`, `HK-12`, `ID-3`, `ID-4`, `ID-5`
#[test]
fn ids_and_triggers_are_nodes() {
    const TYPES: [&str; 6] = ["HN_A", "HN_B", "HN_C", "HN_D", "HN_E", "HN_F"];
    let lines = Lines::default();
    // Ids by their names, since they are others in each run.
    let names: Arc<Mutex<Vec<(AsyncId, &'static str)>>> = Arc::default();
    let unrelated = AsyncId::new(111).unwrap();
    let name_of = {
        let names = names.clone();
        move |id: Option<AsyncId>| match id {
            None => "none",
            Some(id) if id == unrelated => "111",
            Some(id) => {
                let names = names.lock().unwrap();
                names
                    .iter()
                    .find(|(known, _)| *known == id)
                    .map_or("unknown", |(_, name)| name)
            }
        }
    };
    let say_where = {
        let (lines, name_of) = (lines.clone(), name_of.clone());
        move |what: String| {
            let (execution, trigger) = (name_of(execution_async_id()), name_of(trigger_async_id()));
            lines.say(format!("  {what}: execution {execution}, trigger {trigger}"));
        }
    };
    let also = {
        let (say_where, name_of) = (say_where.clone(), name_of.clone());
        move |event: Event, resource: &ResourceInfo| {
            let what = match event {
                Init => {
                    let mut names = names.lock().unwrap();
                    names.push((resource.async_id(), resource.type_name()));
                    drop(names);
                    format!("caused by {}", name_of(resource.trigger_async_id()))
                }
                Before => "before".to_owned(),
                After => "after".to_owned(),
                Destroy => "destroy".to_owned(),
            };
            say_where(what);
        }
    };
    let hook = hook(&lines, "hook", &[Init, Before, After, Destroy], TYPES, also);
    let _enabled = hook.enable_scoped();
    let make = |name: &'static str| AsyncResource::builder(name).require_manual_destroy();
    let say_callback = || say_where("callback".to_owned());

    say_where("main".to_owned());
    let one = make("HN_A").build();
    let two = one.run_in_async_scope(|| {
        say_callback();
        let two = make("HN_B").build();
        make("HN_C").build();
        two
    });
    two.run_in_async_scope(|| {
        say_callback();
        let caused = make("HN_D").trigger_async_id(one.async_id()).build();
        caused.run_in_async_scope(say_callback);
        make("HN_E").trigger_async_id(unrelated).build();
        lines.say(execution_async_resource() == Some(two.info()));
    });
    lines.say(name_of(two.trigger_async_id()));
    one.run_in_async_scope(|| two.run_in_async_scope(|| drop(make("HN_F").build())));
    one.run_in_async_scope(|| two.emit_destroy());
    lines.say("end");
    assert_same_as_node("hooks/ids.js", &lines.take());
}

/// `RES-9`, `RES-10`, `HK-12`, `HK-20`
#[test]
fn the_order_of_destroy_events_is_nodes() {
    const TYPES: [&str; 6] = ["HN_LOST", "HN_1", "HN_2", "HN_3", "HN_OUTER", "HN_IN_A_HOOK"];
    let lines = Lines::default();
    let make = |name: &'static str| AsyncResource::builder(name).require_manual_destroy().build();

    make("HN_LOST").emit_destroy();
    let first = hook(&lines, "first", &[Destroy], TYPES, move |_, resource| {
        if resource.type_name() == "HN_2" {
            make("HN_IN_A_HOOK").emit_destroy();
        }
    });
    let second = hook(&lines, "second", &[Destroy], TYPES, nothing);
    let _enabled = first.enable_scoped();
    second.enable();
    let resources = ["HN_1", "HN_2", "HN_3"].map(make);
    make("HN_OUTER").run_in_async_scope(|| {
        resources[1].emit_destroy();
        resources[0].emit_destroy();
        resources[2].run_in_async_scope(|| {
            resources[2].emit_destroy();
            lines.say("asked for in its own callback");
        });
        second.disable();
        lines.say("callback");
    });
    lines.say("end");
    assert_same_as_node("hooks/destroy.js", &lines.take());
}

/// `RES-8`, `RES-11`, `RES-12`
#[test]
fn bound_functions_are_nodes() {
    static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    let lines = Lines::default();
    let hook = hook(&lines, "hook", &[Before, After], ["HN_BOUND"], nothing);
    let _enabled = hook.enable_scoped();
    let user = || USER.get_store().unwrap_or("nothing");
    let place = || format!("{} {}", executing(), user());

    let resource = USER.run("ada", || AsyncResource::new("HN_BOUND"));
    let bound = (|a: u32, b: u32| {
        lines.say(format!("called in {}", place()));
        a + b
    })
    .bind_to(resource.clone());
    lines.say(bound(1, 2));
    lines.say(USER.run("eve", || bound(3, 4)));
    let panics = (|| panic!("up")).bind_to(resource.clone());
    let panic = caught(panics);
    lines.say(format!("caught {panic} in {}", place()));

    let typed = USER.run("bob", || (|| lines.say(user())).bind_to("HN_TYPED"));
    // The type is what hooks are told, and the callback sees.
    let kind = || executing();
    lines.say(kind.bind_to("HN_TYPED")());
    typed();
    lines.say(kind.bind_to(ResourceType::BOUND)());
    assert_same_as_node("hooks/bind.js", &lines.take());
}

/// `RES-9`: in Node a destroyed resource runs on, in a context that it keeps, and is destroyed again. Here it is destroyed once, has let go of its context,
/// and refuses to run.
#[test]
fn a_destroyed_resource_is_not_nodes() {
    static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    if let Some(printed) = run_node("hooks/differs.js") {
        let expected = [
            "hook before HN_TWICE",
            "ada",
            "hook after HN_TWICE",
            "hook destroy HN_TWICE",
            "hook destroy HN_TWICE",
            "end",
        ];
        assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "what Node does");
    }
    let lines = Lines::default();
    let hook = hook(&lines, "hook", &[Before, After, Destroy], ["HN_TWICE"], nothing);
    let _enabled = hook.enable_scoped();
    let resource = USER.run("ada", || AsyncResource::new("HN_TWICE"));
    assert!(resource.emit_destroy());
    assert!(!resource.emit_destroy());
    let refused = resource.try_run_in_async_scope(|| lines.say("called"));
    assert!(refused.is_err());
    assert_eq!(lines.take(), ["hook destroy HN_TWICE"]);
}
