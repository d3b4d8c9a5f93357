//! Which hub, which cluster and which client, checked.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum as _;
use stagegate_cub::Era;
use stagegate_harness::environment::find_context;
use stagegate_harness::run::ClusterSettings;
use stagegate_kubernetes::Catalogue;
use stagegate_reports::{ClusterLane, CubLane, HubLane, Lane};

use super::value;
use crate::catalogue;
use crate::cli::{EndArgs, Images, RunArgs};
use crate::error::CliError;

/// Hub, cluster and client, and the file of an existing cluster.
pub(super) fn lane(arguments: &RunArgs) -> Result<(Lane, Option<PathBuf>), CliError> {
    let hub = match arguments.ends.hub.as_deref().unwrap_or("embedded") {
        "embedded" => HubLane::Embedded,
        "container" => HubLane::Container,
        url if url.starts_with("http://") || url.starts_with("https://") => HubLane::Url(plain(url)?),
        other => return Err(value("--hub", other, &"it is `embedded`, `container` or a URL with http:// or https://")),
    };
    let (cluster, kubeconfig) = cluster_lane(&arguments.ends)?;
    let cub = match arguments.cub.as_deref().unwrap_or("auto") {
        // On an embedded hub the stand-in speaks the contract of the tutorial's own time.
        "auto" | "builtin" => builtin_cub(arguments.cub_contract.as_deref())?,
        path => {
            if let Some(month) = &arguments.cub_contract {
                return Err(value("--cub-contract", month, &format!("the client is a real one: --cub {path}")));
            }
            real_cub(path)?
        }
    };
    Ok((Lane { hub, cluster, cub }, kubeconfig))
}

fn cluster_lane(ends: &EndArgs) -> Result<(ClusterLane, Option<PathBuf>), CliError> {
    let named = ends.cluster.as_deref().unwrap_or("embedded");
    match named {
        "embedded" => return Ok((ClusterLane::Embedded, None)),
        "kind" => return Ok((ClusterLane::Kind, None)),
        _ => {}
    }
    let path = named.strip_prefix("kubeconfig=");
    if path.is_none() && named != "kubeconfig" {
        let reason = "it is `embedded`, `kind`, `kubeconfig` or `kubeconfig=PATH`";
        return Err(value("--cluster", named, &reason));
    }
    let (kubeconfig, context) = find_context(path.map(Path::new), ends.context.as_deref())?;
    Ok((ClusterLane::Kubeconfig(context), Some(kubeconfig)))
}

/// How a real cluster is made or found.
pub(super) fn cluster(ends: &EndArgs, lane: &Lane, kubeconfig: Option<PathBuf>) -> Result<ClusterSettings, CliError> {
    if lane.cluster != ClusterLane::Kind
        && let Some(name) = &ends.reuse
    {
        return Err(value("--reuse", name, &"only a Kind cluster can be used again: --cluster kind"));
    }
    for (option, given) in [("--context", &ends.context), ("--i-know-this-cluster", &ends.i_know_this_cluster)] {
        if let (None, Some(given)) = (&kubeconfig, given) {
            return Err(value(option, given, &"it is about an existing cluster: --cluster kubeconfig"));
        }
    }
    Ok(ClusterSettings {
        kubeconfig,
        known: ends.i_know_this_cluster.clone(),
        hub_address: ends.hub_address.as_deref().map(address).transpose()?,
        node_image: ends.kind_image.clone(),
        kind_workers: ends.kind_workers,
        reuse: ends.reuse.clone(),
        real_images: real_images(ends, lane)?,
        more_images: Arc::new(more_images(ends, lane)?),
    })
}

/// Whether the nodes pull what registries serve.
fn real_images(ends: &EndArgs, lane: &Lane) -> Result<bool, CliError> {
    let Some(images) = ends.images else { return Ok(false) };
    if lane.cluster != ClusterLane::Kind {
        let named = images.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let reason = "only the nodes of a Kind cluster have a choice: --cluster kind";
        return Err(value("--images", &named, &reason));
    }
    Ok(images == Images::Real)
}

/// The images of a file that was named.
fn more_images(ends: &EndArgs, lane: &Lane) -> Result<Catalogue, CliError> {
    let Some(path) = &ends.catalogue else { return Ok(Catalogue::default()) };
    let pulls_real_ones = matches!(lane.cluster, ClusterLane::Kubeconfig(_)) || real_images(ends, lane)?;
    if pulls_real_ones {
        let reason = "nodes that pull real images take what there is; it is for emulators and stand-ins";
        return Err(value("--catalogue", &path.display().to_string(), &reason));
    }
    catalogue::read(path)
}

fn address(text: &str) -> Result<IpAddr, CliError> {
    text.parse().map_err(|_| value("--hub-address", text, &"it is an IP address of this machine, such as 172.18.0.1"))
}

/// A URL that holds no credentials, which would be in every report.
fn plain(url: &str) -> Result<String, CliError> {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    if authority.contains('@') {
        let hidden = url.replace(authority, authority.rsplit('@').next().unwrap_or_default());
        return Err(value("--hub", &hidden, &"credentials do not belong into a URL; see --hub-token-file"));
    }
    if authority.is_empty() {
        return Err(value("--hub", url, &"it has no host"));
    }
    if let Err(error) = url.parse::<http::Uri>() {
        return Err(value("--hub", url, &format!("it is no URL: {error}")));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// The stand-in as it is written in reports: the default contract needs no word.
fn builtin_cub(contract: Option<&str>) -> Result<CubLane, CliError> {
    let Some(month) = contract else { return Ok(CubLane::Builtin) };
    match Era::named(month) {
        Some(era) if era == Era::default() => Ok(CubLane::Builtin),
        Some(era) => Ok(CubLane::BuiltinContract(era.name().to_owned())),
        None => {
            let known = Era::ALL.map(|era| format!("`{}`", era.name())).join(" or ");
            Err(value("--cub-contract", month, &format!("it is {known}")))
        }
    }
}

fn real_cub(path: &str) -> Result<CubLane, CliError> {
    if !Path::new(path).is_file() {
        return Err(CliError::Path {
            what: "the client",
            path: path.into(),
            problem: "is not a file",
            help: "--cub takes `auto`, `builtin` or the path of a cub executable",
        });
    }
    Ok(CubLane::Real(path.to_owned()))
}
