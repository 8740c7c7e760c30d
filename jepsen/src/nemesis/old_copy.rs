//! Replaces a node's data folder by an older copy of it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::catalog::Nemesis;
use super::context::FaultContext;
use super::recovery::{RECOVERED_WITHIN, heal};

/// How a copy is put back.
#[derive(Clone, Copy, Debug)]
enum PutBack {
    /// The folder is removed first.
    Fresh,
    /// Over the existing files, as `cp -a copy/. data/` does.
    Over,
}

/// Copies a node's folder, lets the node run on while another node is down, and puts the old copy back. With the node that was down
/// it would be a majority without what was acknowledged in between. Half of the time the third node, which has it, is down too when
/// the other two start.
pub(super) async fn put_old_copy_back(context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    let numbers = context.cluster.numbers();
    let victim = context.random_node();
    let others: Vec<u32> = numbers.into_iter().filter(|number| *number != victim).collect();
    let absent = context.rng.pick(&others).copied().unwrap_or(victim);
    let how = if context.rng.percent(50) { PutBack::Fresh } else { PutBack::Over };
    let third_is_late = context.rng.percent(50);
    let (data, copy) = (context.cluster.data(victim), context.cluster.home(victim).join("old-copy"));

    context.cluster.node(victim).kill();
    remove(&copy)?;
    copy_over(&data, &copy)?;
    context.cluster.run(victim)?;
    heal(&context.cluster, &context.recorder, RECOVERED_WITHIN).await?;
    let what = format!("node {victim} runs on after its folder was copied, and node {absent} is killed");
    context.begins(Nemesis::OldCopy, what, &[victim, absent]);
    context.cluster.node(absent).kill();
    tokio::time::sleep(lasts).await;

    let third = others.iter().copied().find(|number| *number != absent).filter(|_| third_is_late);
    context.cluster.node(victim).kill();
    third.into_iter().for_each(|third| context.cluster.node(third).kill());
    if matches!(how, PutBack::Fresh) {
        remove(&data)?;
    } else {
        remove_files_that_are_new(&data, &copy)?;
    }
    copy_over(&copy, &data)?;
    context.cluster.run(victim)?;
    context.cluster.run(absent)?;
    // Long enough for an election of these two nodes, if they take part.
    tokio::time::sleep(lasts.max(Duration::from_secs(2))).await;
    let late = third.map_or_else(String::new, |third| format!(", and node {third} starts later"));
    context.ends(Nemesis::OldCopy, format!("node {victim} started from its old copy ({how:?}){late}"), &[victim, absent]);
    heal(&context.cluster, &context.recorder, RECOVERED_WITHIN).await?;
    remove(&copy)?;
    Ok(())
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

/// Copies a folder into another one. Existing files keep their inodes.
fn copy_over(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_over(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Removes what the copy does not have. RocksDB would refuse a folder with files of two times.
fn remove_files_that_are_new(data: &Path, copy: &Path) -> io::Result<()> {
    for entry in fs::read_dir(data)? {
        let (path, in_copy) = entry.map(|entry| (entry.path(), copy.join(entry.file_name())))?;
        match (path.is_dir(), in_copy.exists()) {
            (true, true) => remove_files_that_are_new(&path, &in_copy)?,
            (true, false) => fs::remove_dir_all(&path)?,
            (false, false) => fs::remove_file(&path)?,
            (false, true) => {}
        }
    }
    Ok(())
}
