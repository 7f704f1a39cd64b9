//! Wrong documents and wrong orders, each with the code it is refused with.

mod containers;
mod documents;
mod layers;
pub mod machines;
mod networks;
mod older;
mod orders;
mod processes;

use crate::layer::Done;
use crate::world::World;
use crate::{Case, v2};
use serde_json::Value;

type Refused = Result<(), (u32, String)>;

/// A case over an image of two layers; the answer must be this code.
fn case(name: &'static str, code: u32, run: impl Fn(&World) -> Refused + 'static) -> Case {
    Case::new(name, move || {
        let world = World::with_image(name);
        let (found, said) = run(&world).expect_err("this must be refused");
        assert_eq!(format!("{found:#010x}"), format!("{code:#010x}"), "{said}");
    })
}

/// A document of a process-isolated container, spoiled.
fn argon(name: &'static str, code: u32, spoil: impl Fn(&World, &mut Value) + 'static) -> Case {
    case(name, code, move |world| {
        let mut document = world.argon();
        spoil(world, &mut document);
        create(&document)
    })
}

/// Something refused with a plain code.
fn plain(name: &'static str, code: u32, run: impl Fn(&World) -> Done + 'static) -> Case {
    case(name, code, move |world| run(world).map_err(|code| (code, String::new())))
}

fn create(document: &Value) -> Refused {
    let (system, answer) = v2::create("refused", &document.to_string());
    v2::close(system);
    answer.map(drop)
}

/// A container that was made and not started.
fn created(world: &World) -> *mut std::ffi::c_void {
    let (system, answer) = v2::create("refused", &world.argon().to_string());
    answer.expect("HcsCreateComputeSystem");
    system
}

/// A container that runs.
fn running(world: &World) -> *mut std::ffi::c_void {
    let system = created(world);
    v2::start(system).expect("HcsStartComputeSystem");
    system
}

fn process(world: &World, parameters: Value) -> Refused {
    v2::process(running(world), &parameters.to_string()).map(drop)
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let (orders, layers) = (orders::cases(), layers::cases());
    // As many as README.md says.
    assert!(orders.len() >= 31 && layers.len() >= 29, "{} orders, {} layers", orders.len(), layers.len());
    let all = [documents::cases(), containers::cases(), orders, processes::cases(), layers];
    let more = [older::cases(), machines::cases(), networks::cases()];
    all.into_iter().chain(more).flatten().collect()
}
