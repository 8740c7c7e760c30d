//! Where the blocks of one kind of a document run: a folder, a shell, ports and perhaps a cluster.

use serde_json::Value;

use super::directive::Kind;
use super::document::Document;
use super::known::Known;
use super::ports::Ports;
use super::session::{Output, Session};
use super::stage::Stage;
use crate::{PATIENCE, until};

pub struct Scene {
    pub ports: Ports,
    pub known: Known,
    /// Dropped, and all of its processes ended, before its folder.
    pub session: Session,
    pub stage: Stage,
}

impl Scene {
    /// Prepares everything that the document does not show itself.
    pub async fn set(kind: &Kind, document: &Document) -> Result<Scene, String> {
        let ports = Ports::choose();
        let stage = Stage::build(&ports);
        let session = Session::start(&stage.home(), &stage.scripts(), &stage.programs());
        let mut scene = Scene { ports, known: Known::default(), session, stage };
        let commands: Vec<&str> = document
            .blocks
            .iter()
            .filter(|block| block.kind == *kind)
            .flat_map(|block| &block.steps)
            .map(|step| step.command.as_str())
            .collect();
        let shows = |program: &str| commands.iter().any(|command| command.contains(program));
        match kind {
            Kind::Dev => {
                if !shows("keyrackd dev") {
                    scene.start_cluster("").await?;
                }
                scene.export(&format!("KEYRACK_ENDPOINT=http://127.0.0.1:{}", scene.listener(0)))?;
            }
            Kind::Tls if !shows("keyrackd run") => {
                let ready = scene.start_cluster("--tls").await?;
                let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
                let operator = &ready["operator"];
                scene.export(&format!(
                    "KEYRACK_ENDPOINT=https://127.0.0.1:{} KEYRACK_CA={} KEYRACK_CERT={} KEYRACK_CERT_KEY={}",
                    scene.listener(3),
                    text(&ready["ca"]),
                    text(&operator["cert"]),
                    text(&operator["key"])
                ))?;
            }
            Kind::Tls | Kind::Shell | Kind::Skip(_) => {}
        }
        Ok(scene)
    }

    /// Sets the key of a role for the commands that follow.
    pub fn act_as(&mut self, role: &str) -> Result<(), String> {
        let shown = format!("kr_{role}_...");
        let key = self.known.in_command(&shown);
        match key == shown {
            true => Err(format!("the key of {role} is not known: the document must show it first")),
            false => self.export(&format!("KEYRACK_API_KEY={key}")),
        }
    }

    /// Writes a file that the document shows, with the test's ports and keys.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.stage.home().join(name), self.known.in_command(&self.ports.of_test(text))).unwrap();
    }

    /// Waits until a probe of a long-running command gives a value. None after a minute.
    pub async fn wait_for<T>(probe: impl FnMut() -> Option<T>) -> Option<T> {
        let mut probe = probe;
        let wait = until("the command shows what it should", 2 * PATIENCE, async || probe());
        tokio::time::timeout(PATIENCE, wait).await.ok()
    }

    /// Runs `keyrackd dev` with sample hotels, and learns its keys.
    async fn start_cluster(&mut self, flags: &str) -> Result<Value, String> {
        let data = self.stage.scripts().with_file_name("cluster");
        // No seal comes into the receipts log while the document runs. So its leaves are those of the document.
        let command = format!("KEYRACK_AUDIT_SEAL_AFTER_SECS=3600 keyrackd dev --json --data '{}' {flags}", data.display());
        let (output, started) = self.session.start_long(&command);
        started?;
        let is_whole = |output: &Output| output.out().lines().next().and_then(|line| serde_json::from_str::<Value>(line).ok());
        let Some(ready) = Scene::wait_for(|| is_whole(&output)).await else {
            return Err(format!("the cluster does not start: {}", output.err()));
        };
        for (role, key) in ready["keys"].as_object().into_iter().flatten() {
            self.known.learn_role(role, key.as_str().unwrap_or_default());
        }
        self.session.watch();
        Ok(ready)
    }

    fn export(&mut self, variables: &str) -> Result<(), String> {
        self.session.run(&format!("export {variables}")).1.map(drop)
    }

    /// A port of node 1.
    fn listener(&self, place: u16) -> u16 {
        self.ports.base() + 10 + place
    }
}
