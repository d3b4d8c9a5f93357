//! `kind create cluster`.

use std::time::Duration;

use stagegate_simulation::go_duration;

use crate::command_line::CommandLine;
use crate::config::Config;
use crate::failure::Failure;
use crate::kubeconfig::context;
use crate::{Call, DEFAULT_NAME};

/// The node image of kind 0.30.
const IMAGE: &str = "kindest/node:v1.34.0";

impl Call<'_> {
    pub(crate) fn create(&mut self, line: &CommandLine) -> Result<(), Failure> {
        let wait = line.value("wait").map(duration).transpose()?.unwrap_or_default();
        let config = line.value("config").map_or_else(|| Ok(Config::default()), |path| self.config(path))?;
        let name = self.given_name(line).or(config.name.as_deref()).unwrap_or(DEFAULT_NAME).to_owned();
        let mut clusters = self.clusters()?;
        let failed = |what: String| Failure::failed(format!("failed to create cluster: {what}"));
        if clusters.has(&name) {
            return Err(failed(format!("node(s) already exist for a cluster with the name {name:?}")));
        }
        if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-')) {
            return Err(failed(format!(
                "'{name}' is not a valid cluster name, cluster names must match `^[a-z0-9.-]+$`"
            )));
        }
        if let Some(other) = &clusters.made {
            return Err(Failure::not_supported(format!(
                "a cluster {name:?} beside {other:?}: a scenario has one cluster"
            )));
        }
        if let Some(other) = &clusters.deleted {
            return Err(Failure::not_supported(format!(
                "a cluster {name:?} after {other:?}: a scenario has one cluster, and what was made in it is still there"
            )));
        }
        let image = line.value("image").or(config.image.as_deref());
        self.check_version(image)?;
        self.add_to(&self.kubeconfig_file(line), &name)?;
        clusters.made = Some(name.clone());
        clusters.write()?;
        self.tell(line, &name, (image.unwrap_or(IMAGE), wait));
        Ok(())
    }

    /// A node image of another minor version of Kubernetes would be another cluster.
    fn check_version(&self, image: Option<&str>) -> Result<(), Failure> {
        let Some(image) = image else { return Ok(()) };
        let minor = |version: &str| version.split('.').take(2).collect::<Vec<_>>().join(".");
        let tag = image.split('@').next().and_then(|name| name.rsplit_once(':')).map(|(_, tag)| minor(tag));
        match &self.machine.version {
            Some(version) if tag.as_deref() == Some(&minor(version)) => Ok(()),
            Some(version) => {
                Err(Failure::not_supported(format!("the node image {image}: the cluster here is {version}")))
            }
            None => Err(Failure::not_supported(format!("the node image {image}: the cluster here has its own"))),
        }
    }

    fn tell(&mut self, line: &CommandLine, name: &str, (image, wait): (&str, Duration)) {
        self.say(&format!("Creating cluster {name:?} ..."));
        let image = image.split('@').next().unwrap_or_default();
        let mut steps = vec![
            format!("Ensuring node image ({image}) 🖼"),
            "Preparing nodes 📦 ".to_owned(),
            "Writing configuration 📜".to_owned(),
            "Starting control-plane 🕹️".to_owned(),
            "Installing CNI 🔌".to_owned(),
            "Installing StorageClass 💾".to_owned(),
        ];
        if !wait.is_zero() {
            steps.push(format!("Waiting ≤ {} for control-plane = Ready ⏳", in_words(wait)));
        }
        for step in steps {
            self.say(&format!(" • {step}  ..."));
            self.say(&format!(" ✓ {step}"));
        }
        if !wait.is_zero() {
            self.say(" • Ready after 0s 💚");
        }
        let context = context(name);
        let explicit = line.value("kubeconfig").map(|file| format!(" --kubeconfig {file}")).unwrap_or_default();
        self.say(&format!("Set kubectl context to {context:?}"));
        self.say(&format!("You can now use your cluster with:\n\nkubectl cluster-info --context {context}{explicit}"));
        self.say("\nHave a nice day! 👋");
    }
}

/// What `--wait` says.
fn duration(text: &str) -> Result<Duration, Failure> {
    go_duration::parse(text)
        .map_err(|error| Failure::failed(format!("invalid argument {text:?} for \"--wait\" flag: {error}")))
}

/// To the second, as kind says it.
fn in_words(duration: Duration) -> String {
    go_duration::text(Duration::from_secs(duration.as_secs() + u64::from(duration.subsec_millis() >= 500)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        for (text, expected) in [("5m", "5m0s"), ("90s", "1m30s"), ("1h0.5m", "1h0m30s"), ("0", "0s"), ("400ms", "0s")]
        {
            assert_eq!(duration(text).map(in_words), Ok(expected.to_owned()), "{text}");
        }
        let message = duration("x").map_err(|failure| failure.to_string());
        let expected = "ERROR: invalid argument \"x\" for \"--wait\" flag: time: invalid duration \"x\"";
        assert_eq!(message, Err(expected.to_owned()));
    }
}
