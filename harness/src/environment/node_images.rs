//! Where the nodes of a Kind cluster get their images.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;

use stagegate_images::{HOSTS_TOML_PATH, NodeImport, Registry, hosts_toml};
use stagegate_kind::{Cluster, Kind, Node, NodeCommand, Route};
use stagegate_kubernetes::Catalogue;

use super::EnvironmentError;
use super::kind_site::blocking;

/// Serves stand-ins, made of `executable`, for `images`, and has the cluster's nodes look
/// nowhere else. Gives the registry and its address as nodes reach it.
///
/// # Errors
///
/// When nodes do not reach this machine, or one does not do as told.
pub(super) async fn serve(
    kind: &Kind,
    cluster: &Cluster,
    (images, executable): (Catalogue, PathBuf),
) -> Result<(Registry, SocketAddr), EnvironmentError> {
    let kind = kind.clone();
    let gateways = blocking(move || kind.gateways()).await?;
    let told = |pull: stagegate_images::Pull| tracing::debug!(image = pull.image, outcome = ?pull.outcome, "pull");
    let addresses: Vec<SocketAddr> = gateways.into_iter().map(|gateway| SocketAddr::new(gateway, 0)).collect();
    let registry = Registry::start(images, executable, &addresses, told).await?;
    let address = route(cluster.clone(), registry.addresses()).await?;
    let (nodes_of, imports) = (cluster.clone(), registry.imports(address));
    blocking(move || tell_nodes(&nodes_of, address, &imports)).await?;
    Ok((registry, address))
}

/// This machine's address as the nodes reach it.
///
/// # Errors
///
/// When they do not.
pub(super) async fn this_machine(kind: &Kind, cluster: &Cluster) -> Result<IpAddr, EnvironmentError> {
    let kind = kind.clone();
    let gateways = blocking(move || kind.gateways()).await?;
    // Somebody must listen where nodes are to reach something.
    let listeners: Vec<_> = gateways.into_iter().filter_map(|gateway| TcpListener::bind((gateway, 0)).ok()).collect();
    let addresses = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    Ok(route(cluster.clone(), addresses).await?.ip())
}

/// Makes the registry at `address` the only place where nodes look for images. A node that does not do as told is an
/// error. All are told at once: each command in a node takes a good part of a second.
fn tell_nodes(cluster: &Cluster, address: SocketAddr, imports: &[NodeImport]) -> Result<(), stagegate_kind::Error> {
    let nodes = cluster.nodes()?;
    std::thread::scope(|scope| {
        let told: Vec<_> =
            nodes.iter().map(|node| scope.spawn(move || tell_node(cluster, node, address, imports))).collect();
        told.into_iter().try_for_each(|told| told.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn tell_node(
    cluster: &Cluster,
    node: &Node,
    address: SocketAddr,
    imports: &[NodeImport],
) -> Result<(), stagegate_kind::Error> {
    cluster.write_file(node, HOSTS_TOML_PATH, 0o644, hosts_toml(address).as_bytes())?;
    for (path, content) in imports.iter().filter_map(|import| import.file.as_ref()) {
        cluster.write_file(node, path, 0o444, content)?;
    }
    for words in imports.iter().flat_map(|import| &import.commands) {
        let output = cluster.exec(node, &NodeCommand::new(words.clone()))?;
        if !output.success() {
            let (command, status, said) = (words.join(" "), output.status, output.said());
            return Err(stagegate_kind::Error::Failed { command, status, said });
        }
    }
    Ok(())
}

/// The first of `addresses` that a node reaches.
async fn route(cluster: Cluster, addresses: Vec<SocketAddr>) -> Result<SocketAddr, EnvironmentError> {
    let tried = blocking(move || {
        let node = cluster.control_plane()?;
        let mut said = Vec::new();
        for address in addresses {
            match cluster.route_from_node(&node, address)? {
                Route::Open => return Ok(Ok(address)),
                Route::Closed { said: why } => said.push(format!("{address}: {why}")),
            }
        }
        Ok(Err(said.join("; ")))
    })
    .await?;
    tried.map_err(|said| EnvironmentError::NoRoute { said })
}
