//! The paths of programs in the same folder.

/// The path of a program in the folder of this one, or only its name if it is not there.
pub fn sibling_program(name: &str) -> String {
    let path = std::env::current_exe().ok().map(|path| path.with_file_name(name)).filter(|path| path.exists());
    path.map_or_else(|| name.to_owned(), |path| path.display().to_string())
}
