//! The states of an operation: every way from one to the other, in two tables.
//!
//! A worker's reports may be lost, repeated, late and, after a wait that ran out of time, contradicted
//! (recorded runs 7a, 7b, 9d, 13a-13e, 17a-17m). Whatever is not refused must be answered with 200: to
//! the real worker any other answer is an error, and what it then does is lost or done again.

use crate::entity::{Action, ActionResultType, ActionStatus};

/// What a report does to its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is in the reported state now.
    Enters,
    /// It stays given up; but the cluster has what was reported, so that the unit takes it over.
    TakesOver,
    /// Late or repeated: nothing.
    Ignored,
    /// No worker says this of an operation.
    Refused,
}

/// What the report of a status does to an operation in a state.
pub(super) fn on_report(present: ActionStatus, reported: ActionStatus) -> Effect {
    use ActionStatus::{Aborted, Canceled, Completed, Failed, None, Pending, Progressing, Submitted};
    match (present, reported) {
        // States that only the hub gives, and one that no operation has.
        (_, None | Pending | Submitted) | (None, _) => Effect::Refused,
        // Pending: from before the stream was lost. Failed: the wait goes on, or another process took over.
        (Pending | Submitted | Progressing | Failed, _) => Effect::Enters,
        (Canceled | Aborted, Completed) => Effect::TakesOver,
        (Completed | Canceled | Aborted, _) => Effect::Ignored,
    }
}

/// What the hub does with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// It was written into the worker's stream.
    Send,
    /// A new process of the worker has connected, which knows nothing of it.
    Recall,
    /// A user gave it up, or what it was about was deleted.
    Cancel,
    /// A newer operation of the unit has taken effect, so that it must not be carried out any more.
    Override,
}

/// The state after a deed; nothing where it is not possible.
pub(super) fn on_deed(present: ActionStatus, deed: Deed) -> Option<ActionStatus> {
    use ActionStatus::{Aborted, Canceled, Completed, Failed, None as Nothing, Pending, Progressing, Submitted};
    match (present, deed) {
        (Pending, Deed::Send) => Some(Submitted),
        (Submitted | Progressing, Deed::Recall) => Some(Pending),
        (Pending | Submitted | Progressing, Deed::Cancel) => Some(Canceled),
        (Pending | Submitted | Progressing, Deed::Override) => Some(Aborted),
        (Submitted | Progressing, Deed::Send)
        | (Pending, Deed::Recall)
        | (Nothing | Completed | Failed | Canceled | Aborted, _) => None,
    }
}

/// Whether a report of an action may have this status with this result.
pub(super) fn fits(action: Action, status: ActionStatus, result: ActionResultType) -> bool {
    use ActionResultType as R;
    use ActionStatus::{Aborted, Canceled, Completed, Failed, None, Pending, Progressing, Submitted};
    match status {
        Progressing | Canceled | Aborted => result == R::None,
        Completed => match action {
            Action::Apply => result == R::ApplyCompleted,
            Action::Destroy => result == R::DestroyCompleted,
            Action::Refresh => matches!(result, R::RefreshAndDrifted | R::RefreshAndNoDrift),
            Action::Import => result == R::ImportCompleted,
            Action::InvokeFunctions => result == R::FunctionInvocationCompleted,
            Action::Finalize | Action::Heartbeat | Action::Cancel => result == R::None,
            Action::NotApplicable => false,
        },
        Failed => match action {
            Action::Apply => matches!(result, R::ApplyFailed | R::ApplyWaitFailed),
            Action::Destroy => matches!(result, R::DestroyFailed | R::DestroyWaitFailed),
            Action::Refresh => result == R::RefreshFailed,
            Action::Import => result == R::ImportFailed,
            Action::InvokeFunctions => result == R::FunctionInvocationFailed,
            Action::Finalize | Action::Heartbeat | Action::Cancel => result == R::None,
            Action::NotApplicable => false,
        },
        None | Pending | Submitted => false,
    }
}

/// Whether a report says that the worker is through with the step that it does one at a time for each
/// unit, so that the unit's next operation may be sent: it ended, or it only waits for the cluster.
///
/// That shows in the message alone (recorded runs 2 and 9a). A worker that says it in other words
/// gets the next operation after the end of this one.
pub(super) fn ends_step(action: Action, status: ActionStatus, message: &str) -> bool {
    match status {
        ActionStatus::Progressing => {
            matches!(action, Action::Apply | Action::Destroy) && message.starts_with("Waiting for ")
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every state against every report and every deed; a change of the tables is a change of this text.
    #[test]
    fn every_state_meets_every_report_and_deed() {
        let mut lines = String::new();
        for present in ActionStatus::ALL {
            for reported in ActionStatus::ALL {
                let effect = on_report(present, reported);
                lines += &format!("{} + report {}: {effect:?}\n", present.name(), reported.name());
            }
            for deed in [Deed::Send, Deed::Recall, Deed::Cancel, Deed::Override] {
                let after = on_deed(present, deed).map_or("impossible", ActionStatus::name);
                lines += &format!("{} + {deed:?}: {after}\n", present.name());
            }
        }
        insta::assert_snapshot!(lines);
    }

    #[test]
    fn every_result_belongs_to_its_action_and_status() {
        let mut lines = String::new();
        for action in Action::ALL {
            for status in ActionStatus::ALL {
                let fitting = ActionResultType::ALL.into_iter().filter(|result| fits(action, status, *result));
                let fitting: Vec<&str> = fitting.map(ActionResultType::name).collect();
                if !fitting.is_empty() {
                    lines += &format!("{} {}: {}\n", action.name(), status.name(), fitting.join(", "));
                }
            }
        }
        insta::assert_snapshot!(lines);
    }

    /// What was completed or given up stays so, whatever is still reported or done.
    #[test]
    fn there_is_no_way_out_of_an_end() {
        use ActionStatus::{Aborted, Canceled, Completed};
        for end in [Completed, Canceled, Aborted] {
            assert!(ActionStatus::ALL.into_iter().all(|reported| on_report(end, reported) != Effect::Enters));
            let deeds = [Deed::Send, Deed::Recall, Deed::Cancel, Deed::Override];
            assert!(deeds.into_iter().all(|deed| on_deed(end, deed).is_none()));
        }
    }
}
