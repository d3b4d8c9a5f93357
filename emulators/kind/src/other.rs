//! The commands besides `create`.

use crate::Call;
use crate::command_line::CommandLine;
use crate::failure::Failure;
use crate::kubeconfig::{self, context};

impl Call<'_> {
    pub(crate) fn delete(&mut self, line: &CommandLine) -> Result<(), Failure> {
        let name = self.name(line);
        self.say(&format!("Deleting cluster {name:?} ..."));
        self.delete_one(line, &name)
    }

    pub(crate) fn delete_several(&mut self, line: &CommandLine) -> Result<(), Failure> {
        let names: Vec<String> = match (line.has("all"), line.words.is_empty()) {
            (true, _) => self.clusters()?.made.into_iter().collect(),
            (false, true) => return Err(Failure::failed("no cluster names provided")),
            (false, false) => line.words.clone(),
        };
        names.iter().try_for_each(|name| self.delete_one(line, name))?;
        let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        self.say(&format!("Deleted clusters: [{}]", names.join(" ")));
        Ok(())
    }

    fn delete_one(&mut self, line: &CommandLine, name: &str) -> Result<(), Failure> {
        kubeconfig::take_from(&self.kubeconfig_file(line), name)?;
        if self.clusters()?.delete(name)? {
            let own = || vec![format!("{name}-control-plane")];
            let nodes = self.machine.nodes.clone().unwrap_or_else(own);
            let nodes: Vec<String> = nodes.iter().map(|node| format!("{node:?}")).collect();
            self.say(&format!("Deleted nodes: [{}]", nodes.join(" ")));
        }
        Ok(())
    }

    pub(crate) fn get_clusters(&mut self) -> Result<(), Failure> {
        match self.clusters()?.made {
            Some(name) => self.print(&name),
            None => self.say("No kind clusters found."),
        }
        Ok(())
    }

    pub(crate) fn get_nodes(&mut self, line: &CommandLine) -> Result<(), Failure> {
        let (name, clusters) = (self.name(line), self.clusters()?);
        let is_there = if line.has("all-clusters") { clusters.made.is_some() } else { clusters.has(&name) };
        match (is_there, line.has("all-clusters")) {
            (true, _) => self.nodes()?.iter().for_each(|node| self.print(node)),
            (false, true) => self.say("No kind nodes for any cluster."),
            (false, false) => self.say(&format!("No kind nodes found for cluster {name:?}.")),
        }
        Ok(())
    }

    /// The names of the nodes, which are the cluster's own: `kubectl get nodes` has them, too.
    fn nodes(&self) -> Result<Vec<String>, Failure> {
        self.machine
            .nodes
            .clone()
            .ok_or_else(|| Failure::not_supported("the nodes of this cluster; ask `kubectl get nodes`"))
    }

    pub(crate) fn get_kubeconfig(&mut self, line: &CommandLine) -> Result<(), Failure> {
        let name = self.located(line)?;
        let text = self.own_kubeconfig(&name)?;
        self.print(text.trim_end());
        Ok(())
    }

    pub(crate) fn export_kubeconfig(&mut self, line: &CommandLine) -> Result<(), Failure> {
        let name = self.located(line)?;
        self.add_to(&self.kubeconfig_file(line), &name)?;
        self.say(&format!("Set kubectl context to {:?}", context(&name)));
        Ok(())
    }

    /// The name of a cluster that is there.
    fn located(&self, line: &CommandLine) -> Result<String, Failure> {
        let name = self.name(line);
        if !self.clusters()?.has(&name) {
            return Err(Failure::failed(format!(
                "could not locate any control plane nodes for cluster named '{name}'. Use the --name option to select a \
                 different cluster"
            )));
        }
        if line.has("internal") {
            return Err(Failure::not_supported("the address that the cluster has within Docker's network"));
        }
        Ok(name)
    }

    /// Images that the nodes can run are there already. What Docker has of its own never gets to them.
    pub(crate) fn load(&mut self, line: &CommandLine) -> Result<(), Failure> {
        let Some(absent) = &self.machine.absent else {
            return Err(Failure::not_supported("`kind load docker-image` into this cluster"));
        };
        if let Some(image) = line.words.iter().find(|image| absent.contains(image)) {
            return Err(Failure::failed(format!("image: {image:?} not present locally")));
        }
        let name = self.name(line);
        if !self.clusters()?.has(&name) {
            return Err(Failure::failed(format!("no nodes found for cluster {name:?}")));
        }
        let Some(wanted) = line.value("nodes") else { return Ok(()) };
        let nodes = self.nodes()?;
        let unknown = wanted.split(',').find(|node| !nodes.iter().any(|known| known == node));
        match unknown {
            Some(node) => Err(Failure::failed(format!("unknown node: {node:?}"))),
            None => Ok(()),
        }
    }
}
