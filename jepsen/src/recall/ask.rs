//! Builds the copy with all bugs and runs every layer with each bug.

use std::time::Instant;

use super::bug::Bug;
use super::build::Build;
use super::layer::Layer;
use super::options::RecallOptions;
use super::result::{Answer, Outcome, Result, Row};
use super::{copy, processes, simulation};

/// Builds the copy, runs every layer with every bug, and writes the result after each bug. Calls `tell` with each new row.
///
/// # Errors
/// If a patch does not apply, or the copy does not build.
pub async fn run(order: &RecallOptions, mut tell: impl FnMut(&Row)) -> anyhow::Result<Result> {
    std::fs::create_dir_all(&order.into)?;
    let copy = copy::make(&order.source, &order.target)?;
    let build = Build::make(&copy, &order.target, &order.layers).await?;
    let mut result = Result::load_or_new(&order.source, &order.into);
    if order.control {
        let line = ask(order, &build, None, result.control.take()).await;
        tell(&line);
        result.control = Some(line);
        result.write(&order.into)?;
    }
    for bug in &order.bugs {
        let before = result.take(&bug.name);
        let line = ask(order, &build, Some(bug), before).await;
        tell(&line);
        result.bugs.push(line);
        result.write(&order.into)?;
    }
    Ok(result)
}

/// Runs every layer with one bug, except the layers that already have an answer in `before`.
async fn ask(order: &RecallOptions, build: &Build, bug: Option<&Bug>, before: Option<Row>) -> Row {
    let mut line = before.unwrap_or_else(|| Row::of(bug));
    line.forget_not_run();
    for layer in &order.layers {
        if line.has_asked(layer.name()) {
            continue;
        }
        let began = Instant::now();
        let name = bug.map(|bug| bug.name.as_str());
        let outcome = match layer {
            Layer::Core => build.core.ask(&build.cargo, name, order.cap).await,
            Layer::BlackBox => build.black_box.ask(&build.cargo, name, order.cap).await,
            Layer::Sim => simulation::ask(build, name, order.cap).await,
            Layer::Processes => processes::ask(order, build, bug).await,
        };
        let outcome = outcome.unwrap_or_else(|cause| Outcome::NotRun { why: format!("{cause:#}") });
        line.layers.push(Answer { layer: layer.name().to_owned(), seconds: began.elapsed().as_secs_f64(), outcome });
    }
    line
}
