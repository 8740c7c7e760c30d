//! Random programs under the shim, compared with a model of a POSIX file system that shares no code with the shim.

// Test helpers may panic, as tests do.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use keyrack_jepsen::disk::{Directories, Shim, TornEnd};
use keyrack_jepsen::rng::Rng;

const PROGRAMS: u64 = 40;
const STEPS: u64 = 60;
const FILES: [&str; 3] = ["a", "b", "c"];
const FOLDERS: [&str; 3] = ["", "d", "e"];

/// A file or a directory, by its index in the model's list of files or folders.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inode {
    File(usize),
    Folder(usize),
}

#[derive(Clone, Default)]
struct Both<T> {
    now: T,
    durable: T,
}

/// The current state, and the state that a loss of power would leave. Folder 0 is the root.
struct Model {
    files: Vec<Both<String>>,
    folders: Vec<Both<BTreeMap<&'static str, Inode>>>,
}

impl Model {
    fn folder(&self, name: &'static str) -> Option<usize> {
        match self.folders[0].now.get(name) {
            _ if name.is_empty() => Some(0),
            Some(Inode::Folder(folder)) => Some(*folder),
            _ => None,
        }
    }

    /// Takes a random step if it is possible, and returns the line of Python for it.
    fn step(&mut self, rng: &mut Rng) -> Option<String> {
        let mut pick = |of: &[&'static str; 3]| of[rng.below(3) as usize];
        let (folder_name, file_name, other_name) = (pick(&FOLDERS), pick(&FILES), pick(&FILES));
        let folder = self.folder(folder_name)?;
        let path = |name: &str| if folder == 0 { format!("'{name}'") } else { format!("'{folder_name}/{name}'") };
        let (at, other_at) = (path(file_name), path(other_name));
        let file = self.folders[folder].now.get(file_name).copied();
        let text = char::from(b'A' + rng.below(26) as u8).to_string().repeat(1 + rng.below(9) as usize);
        let place = rng.below(10) as usize;
        match (rng.below(12), file) {
            (0 | 1, None) => {
                self.files.push(Both { now: text.clone(), durable: String::new() });
                self.folders[folder].now.insert(file_name, Inode::File(self.files.len() - 1));
                Some(format!("write({at}, '{text}')"))
            }
            (0 | 1, Some(Inode::File(file))) => {
                self.files[file].now.push_str(&text);
                Some(format!("write({at}, '{text}')"))
            }
            (2, Some(Inode::File(file))) => {
                let now = &mut self.files[file].now;
                let place = place.min(now.len());
                now.replace_range(place..(place + text.len()).min(now.len()), &text);
                Some(format!("over({at}, {place}, '{text}')"))
            }
            (3, Some(Inode::File(file))) => {
                self.files[file].now.clone_from(&text);
                Some(format!("empty({at}, '{text}')"))
            }
            (4, Some(Inode::File(file))) => {
                let now = &mut self.files[file].now;
                now.truncate(place);
                Some(format!("os.truncate({at}, {})", now.len()))
            }
            (5 | 6, Some(Inode::File(file))) => {
                self.files[file].durable = self.files[file].now.clone();
                Some(format!("sync({at})"))
            }
            (7, Some(inode)) if self.folders[folder].now.get(other_name) != Some(&inode) => {
                self.folders[folder].now.remove(file_name);
                self.folders[folder].now.insert(other_name, inode);
                Some(format!("os.rename({at}, {other_at})"))
            }
            (8, Some(_)) => {
                self.folders[folder].now.remove(file_name);
                Some(format!("os.unlink({at})"))
            }
            (9, Some(inode)) if !self.folders[folder].now.contains_key(other_name) => {
                self.folders[folder].now.insert(other_name, inode);
                Some(format!("os.link({at}, {other_at})"))
            }
            (10, _) => {
                self.folders[folder].durable = self.folders[folder].now.clone();
                Some(format!("sync('./{folder_name}')"))
            }
            (11, _) => self.make_or_rename_folder(place),
            _ => None,
        }
    }

    fn make_or_rename_folder(&mut self, place: usize) -> Option<String> {
        let (name, other) = if place < 5 { ("d", "e") } else { ("e", "d") };
        match (self.folder(name), self.folder(other)) {
            (None, _) => {
                self.folders.push(Both::default());
                let made = Inode::Folder(self.folders.len() - 1);
                self.folders[0].now.insert(name, made);
                Some(format!("os.mkdir('{name}')"))
            }
            (Some(folder), None) => {
                self.folders[0].now.remove(name);
                self.folders[0].now.insert(other, Inode::Folder(folder));
                Some(format!("os.rename('{name}', '{other}')"))
            }
            _ => None,
        }
    }

    /// Collects what a loss of power leaves: every path, with the text of a file or `/` for a directory.
    fn durable(&self, folder: usize, within: &str, left: &mut BTreeMap<String, String>) {
        for (name, inode) in &self.folders[folder].durable {
            let path = format!("{within}{name}");
            match *inode {
                Inode::File(file) => drop(left.insert(path, self.files[file].durable.clone())),
                Inode::Folder(folder) => {
                    self.durable(folder, &format!("{path}/"), left);
                    left.insert(path, "/".into());
                }
            }
        }
    }
}

const WORDS: &str = "
import os, signal, sys
os.chdir(sys.argv[1])
def write(path, text, flags=os.O_CREAT | os.O_WRONLY | os.O_APPEND):
    f = os.open(path, flags); os.write(f, text.encode()); os.close(f)
def over(path, place, text):
    f = os.open(path, os.O_WRONLY); os.lseek(f, place, 0); os.write(f, text.encode()); os.close(f)
def empty(path, text): write(path, text, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
def sync(path):
    f = os.open(path, os.O_RDONLY); os.fsync(f); os.close(f)
";

fn found(folder: &Path, within: &str, left: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{within}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            found(&path, &format!("{name}/"), left);
            left.insert(name, "/".into());
        } else {
            left.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn a_loss_of_power_leaves_what_the_model_predicts() {
    for seed in 0..PROGRAMS {
        let mut rng = Rng::new(seed, 0);
        let mut model = Model { files: Vec::new(), folders: vec![Both::default()] };
        let lines: Vec<String> = (0..STEPS).filter_map(|_| model.step(&mut rng)).collect();
        let temporary = tempfile::tempdir().unwrap();
        let data = temporary.path().join("data");
        fs::create_dir(&data).unwrap();
        let mut shim = Shim::install(&temporary.path().join("shim"), &data).unwrap();
        shim.set_directories(Directories::Strict);
        let program = format!("{WORDS}\n{}\nprint('done', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)", lines.join("\n"));
        let mut command = Command::new("python3");
        shim.apply(command.args(["-c", &program]).arg(&data));
        let output = command.output().unwrap();
        assert_eq!(output.stdout, b"done\n", "{seed}: {}", String::from_utf8_lossy(&output.stderr));
        let report = shim.lose_power(seed, TornEnd::Clean).unwrap();
        let (mut wanted, mut left) = (BTreeMap::new(), BTreeMap::new());
        model.durable(0, "", &mut wanted);
        found(&data, "", &mut left);
        assert_eq!(left, wanted, "program {seed}:\n{}\n{report:?}", lines.join("\n"));
    }
}
