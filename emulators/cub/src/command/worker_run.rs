//! Running a worker on this machine.

use std::process::Stdio;

use serde_json::json;

use crate::api::Call;
use crate::cub::Cub;
use crate::entity::WORKER;
use crate::failure::Failure;
use crate::model::{text, typed};

/// Makes the worker where there is none, and runs the worker's own program with its id and secret.
pub(super) async fn run(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    let worker = match cub.find(&WORKER, &name).await {
        Ok(worker) => worker,
        // Whatever the failure is, the client takes it for a worker that does not exist.
        Err(Failure::Failed(_)) => {
            let new = typed("BridgeWorker", &json!({"Slug": name, "SpaceID": cub.space.id}));
            typed("BridgeWorker", &cub.call(Call::post(WORKER.path(&cub.space.id), &new)).await?)
        }
        Err(other) => return Err(other),
    };
    let program = match cub.env.get("CONFIGHUB_WORKER_EXECUTABLE").filter(|program| !program.is_empty()) {
        Some(program) => cub.cwd.join(program),
        None => cub.home.path("bin/cub-worker-run"),
    };
    if !program.exists() {
        return Err(Failure::failed(format!("stat {}: no such file or directory", program.display())));
    }
    let types = cub.flags.text("worker-type").to_owned();
    let mut command = tokio::process::Command::new(&program);
    command.arg(&types).current_dir(cub.cwd).env_clear().envs(cub.env);
    // Several types need one process that serves them all.
    if cub.flags.on("enable-multiplexer") || (types.contains(',') && !cub.flags.given("enable-multiplexer")) {
        command.arg("--enable-multiplexer");
    }
    command.env("CONFIGHUB_WORKER_ID", text(&worker, "BridgeWorkerID"));
    command.env("CONFIGHUB_WORKER_SECRET", text(&worker, "Secret"));
    command.envs(cub.flags.list("env").iter().filter_map(|pair| pair.split_once('=')));
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let failed = |error: std::io::Error| Failure::failed(format!("fork/exec {}: {error}", program.display()));
    let ended = command.status().await.map_err(failed)?;
    if ended.success() {
        return Ok(());
    }
    Err(Failure::failed(match ended.code() {
        Some(code) => format!("exit status {code}"),
        None => "signal: killed".to_owned(),
    }))
}
