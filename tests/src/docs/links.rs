//! Checks that every relative link of every Markdown file leads somewhere.

use std::path::{Path, PathBuf};

use super::markdown::{anchors_of, links_of};

/// Folders without documents of this repository. Hidden folders are left out, too.
const LEFT_OUT: [&str; 5] = ["target", "node_modules", "keyrack-dev", "jepsen-runs", "tests/tests/docs/samples"];

/// All Markdown files, relative to the workspace.
pub fn markdown_files(workspace: &Path) -> Vec<String> {
    let mut files = Vec::new();
    collect(workspace, workspace, &mut files);
    files.sort();
    files
}

/// `path:line: what is wrong` for every link or anchor that leads nowhere.
pub fn broken_links(workspace: &Path, files: &[String]) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(workspace.join(file)).unwrap();
        for link in links_of(&text) {
            if let Some(cause) = broken_link(workspace, file, &link.target) {
                broken.push(format!("{file}:{}: {}: {cause}", link.line, link.target));
            }
        }
    }
    broken
}

fn broken_link(workspace: &Path, file: &str, target: &str) -> Option<String> {
    let is_outside = ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme));
    if is_outside {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let whole = match path {
        "" => workspace.join(file),
        path => workspace.join(file).parent().unwrap_or(workspace).join(path),
    };
    if !whole.exists() {
        return Some("there is no such file".to_string());
    }
    let is_document = whole.extension().is_some_and(|kind| kind == "md");
    if anchor.is_empty() || !is_document {
        return None;
    }
    let anchors = anchors_of(&std::fs::read_to_string(&whole).unwrap_or_default());
    (!anchors.iter().any(|known| known == anchor)).then(|| format!("there is no heading #{anchor}"))
}

fn collect(workspace: &Path, folder: &Path, files: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{} cannot be read: {e}", folder.display()));
    let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    for path in paths {
        let relative = path.strip_prefix(workspace).expect("it is below the workspace").to_string_lossy().into_owned();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden || path.is_symlink() || LEFT_OUT.iter().any(|left_out| relative == *left_out) {
            continue;
        }
        if path.is_dir() {
            collect(workspace, &path, files);
        } else if relative.ends_with(".md") {
            files.push(relative);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{broken_links, markdown_files};

    #[test]
    fn links_to_missing_files_and_headings_are_broken() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("docs")).unwrap();
        write("docs/b.md", "# Some heading\n");
        write(
            "a.md",
            "# Top\n[1](docs/b.md#some-heading) [2](#top) [3](docs) [4](https://example.org/x)\n\
             [5](docs/c.md)\n[6](docs/b.md#other) [7](#bottom)\n",
        );
        let files = markdown_files(folder.path());
        assert_eq!(files, ["a.md", "docs/b.md"]);
        assert_eq!(
            broken_links(folder.path(), &files),
            [
                "a.md:3: docs/c.md: there is no such file",
                "a.md:4: docs/b.md#other: there is no heading #other",
                "a.md:4: #bottom: there is no heading #bottom"
            ]
        );
    }
}
