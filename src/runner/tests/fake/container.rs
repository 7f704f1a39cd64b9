//! The containers of the fake host and their processes.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::hcs::call::Result;
use crate::hcs::compute_systems::{Container, Process, Spawned};
use crate::hcs::documents::{ConsoleSize, ModifyProcess, ProcessParameters};
use crate::runner::tests::fake::{Behaviour, ComputeSystem, Fake, refuse};

/// A handle of a compute system.
pub(crate) struct FakeContainer {
    pub fake: Fake,
    pub id: String,
}

impl Drop for FakeContainer {
    fn drop(&mut self) {
        let mut world = self.fake.world();
        if let Some(system) = world.systems.get_mut(&self.id) {
            system.handles -= 1;
            if system.ended || (system.handles == 0 && !self.fake.survive) {
                world.systems.remove(&self.id);
            }
        }
    }
}

impl FakeContainer {
    fn with(&self, name: &'static str, act: impl FnOnce(&mut ComputeSystem) -> Result<()>) -> Result<()> {
        self.fake.call(name, |world| match world.systems.get_mut(&self.id) {
            Some(system) if !system.ended => act(system),
            _ => refuse(name, 0xc037_0110),
        })
    }
}

impl Container for FakeContainer {
    fn start(&self) -> Result<()> {
        self.with("HcsStartComputeSystem", |system| {
            if system.started {
                return refuse("HcsStartComputeSystem", 0x8037_0105);
            }
            system.started = true;
            Ok(())
        })
    }

    fn create_process(&self, parameters: &ProcessParameters) -> Result<Spawned> {
        self.fake.call("HcsCreateProcess", |world| {
            let json = serde_json::to_value(parameters).unwrap();
            world.documents.push(json.clone());
            let asked = |field: &str| json[field] == true;
            let process = Arc::new(Mutex::new(Running { ended: None, stdin: Vec::new(), behaviour: self.fake.behaviour }));
            if let Behaviour::Exits(code) = self.fake.behaviour
                && !asked("CreateStdInPipe")
            {
                process.lock().unwrap().ended = Some(code);
            }
            let output = |text: &str| Some(Box::new(Cursor::new(text.as_bytes().to_vec())) as _);
            Ok(Spawned {
                stdin: asked("CreateStdInPipe").then(|| Box::new(Input(Arc::clone(&process))) as _),
                stdout: asked("CreateStdOutPipe").then(|| output("out")).flatten(),
                stderr: asked("CreateStdErrPipe").then(|| output("err")).flatten(),
                process: Box::new(FakeProcess { fake: self.fake.clone(), id: self.id.clone(), process }),
            })
        })
    }

    fn shut_down(&self) -> Result<()> {
        let behaviour = self.fake.behaviour;
        if let Behaviour::ShutsDown(code) = behaviour {
            self.fake.world().shut_down.insert(self.id.clone(), code);
        }
        self.with("HcsShutDownComputeSystem", |system| {
            if let Behaviour::ShutsDown(code) = behaviour {
                (system.ended, system.exit_code) = (true, code);
            }
            Ok(())
        })
    }

    fn terminate(&self) -> Result<()> {
        self.with("HcsTerminateComputeSystem", |system| {
            system.ended = true;
            Ok(())
        })
    }

    fn wait(&self, _timeout: Duration) -> Result<bool> {
        let world = self.fake.world();
        let gone = world.systems.get(&self.id).is_none_or(|system| system.ended);
        Ok(gone || self.fake.behaviour == Behaviour::IsLost)
    }
}

struct Running {
    ended: Option<u32>,
    stdin: Vec<u8>,
    behaviour: Behaviour,
}

struct Input(Arc<Mutex<Running>>);

impl Write for Input {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().stdin.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct FakeProcess {
    fake: Fake,
    id: String,
    process: Arc<Mutex<Running>>,
}

impl Process for FakeProcess {
    fn id(&self) -> u32 {
        1234
    }

    fn wait(&self, timeout: Duration) -> Result<Option<u32>> {
        let ended = self.fake.call("process wait", |world| {
            let ended = self.process.lock().unwrap().ended;
            let with_its_container = match world.systems.get(&self.id) {
                _ if self.fake.behaviour == Behaviour::IsLost => None,
                None => Some(world.shut_down.get(&self.id).copied().unwrap_or(1067)),
                Some(system) => system.ended.then_some(system.exit_code),
            };
            Ok(ended.or(with_its_container))
        })?;
        if ended.is_none() {
            std::thread::sleep(timeout.min(Duration::from_millis(1)));
        }
        Ok(ended)
    }

    fn close_stdin(&self) -> Result<()> {
        let mut process = self.process.lock().unwrap();
        if let Behaviour::Exits(code) = process.behaviour {
            // The test sees in the exit code what came through.
            process.ended = Some(code + u32::try_from(process.stdin.len()).unwrap());
        }
        Ok(())
    }

    fn resize(&self, size: ConsoleSize) -> Result<()> {
        self.fake.call("HcsModifyProcess", |world| {
            world.documents.push(serde_json::to_value(ModifyProcess::ConsoleSize { size }).unwrap());
            Ok(())
        })
    }

    fn interrupt(&self) -> Result<()> {
        while self.fake.behaviour == Behaviour::HoldsSignals && self.process.lock().unwrap().ended.is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.fake.call("HcsSignalProcess", |_| {
            let mut process = self.process.lock().unwrap();
            if process.behaviour == Behaviour::WaitsForCtrlC {
                process.ended = Some(0xc000_013a);
            }
            Ok(())
        })
    }

    fn terminate(&self) -> Result<()> {
        self.fake.call("HcsTerminateProcess", |world| {
            if !world.systems.contains_key(&self.id) {
                return refuse("HcsTerminateProcess", 0x8037_010e);
            }
            self.process.lock().unwrap().ended = Some(1067);
            Ok(())
        })
    }
}
