//! What the events of pods say is wrong with them.

/// What to do where probes fail.
pub(super) const PROBE_HELP: &str = "see that the container listens where the probe asks, and that the path exists";

/// What to do where no node takes a pod.
pub(super) const SCHEDULING_HELP: &str =
    "ask for no more than a node has, and see that selectors, affinities, taints and volumes leave the pod a node";

/// What the scheduler said of a pod that no node takes, where the summary of a change of the pod tells it.
pub(super) fn refusal(summary: &str) -> Option<&str> {
    summary.split_once("Unschedulable: ").map(|(_, said)| said)
}

/// Whether the summary of a change of a pod tells that it has got a node.
pub(super) fn is_scheduled(summary: &str) -> bool {
    summary.split(", ").any(|part| part.starts_with("scheduled to "))
}

/// What is wrong, with the event that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PodTrouble<'a> {
    /// The kubelet asked the container and it did not answer as it should.
    Probe(&'a str),
    /// Containers end by themselves time and again.
    Crash(&'a str),
    /// Pods cannot be made.
    Creation(&'a str),
    /// Something else.
    Other(&'a str),
}

impl<'a> PodTrouble<'a> {
    /// What the summaries of events say, the newest one first. A container that a probe has restarted ends because of the
    /// probe; one that ends by itself fails its probe for readiness because it has ended.
    pub(super) fn of(events: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let all: Vec<Self> = events.into_iter().filter_map(Self::from_event).collect();
        let first = |is: &dyn Fn(&Self) -> bool| all.iter().copied().find(is);
        let restarts = |one: &Self| matches!(one, Self::Probe(said) if !said.contains(": Readiness probe"));
        first(&restarts)
            .or_else(|| first(&|one| matches!(one, Self::Crash(_))))
            .or_else(|| first(&|one| matches!(one, Self::Probe(_))))
            .or_else(|| first(&|one| matches!(one, Self::Creation(_))))
            .or_else(|| all.first().copied())
    }

    fn from_event(event: &'a str) -> Option<Self> {
        let said = event.strip_prefix("Warning ")?;
        Some(match said.split(' ').next()? {
            "Unhealthy" => Self::Probe(said),
            "BackOff" if said.contains("restarting failed container") => Self::Crash(said),
            "FailedCreate" => Self::Creation(said),
            _ => Self::Other(said),
        })
    }

    /// The event, without its type.
    pub(super) fn said(self) -> &'a str {
        let (Self::Probe(said) | Self::Crash(said) | Self::Creation(said) | Self::Other(said)) = self;
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK_OFF: &str = "Warning BackOff Pod/a: Back-off restarting failed container main in pod a_shop(1)";
    const NOT_READY: &str = "Warning Unhealthy Pod/a: Readiness probe failed: connection refused";
    const NOT_ALIVE: &str =
        "Warning Unhealthy Pod/a: Liveness probe failed: HTTP probe failed with statuscode: 404 (x3)";

    fn told<const N: usize>(newest_first: [&str; N]) -> Option<String> {
        PodTrouble::of(newest_first).map(|told| format!("{told:?}"))
    }

    #[test]
    fn a_container_that_ends_by_itself_is_told_from_one_that_a_probe_ends() {
        let probe = |event: &str| Some(format!("{:?}", PodTrouble::Probe(&event["Warning ".len()..])));
        let crash = Some(format!("{:?}", PodTrouble::Crash(&BACK_OFF["Warning ".len()..])));
        assert_eq!(told([BACK_OFF]), crash);
        assert_eq!(told([NOT_READY, BACK_OFF]), crash);
        assert_eq!(told([NOT_READY]), probe(NOT_READY));
        assert_eq!(told([BACK_OFF, NOT_ALIVE, NOT_READY]), probe(NOT_ALIVE));
        assert_eq!(told(["Normal Pulled Pod/a: Container image already present"]), None);
    }
}
