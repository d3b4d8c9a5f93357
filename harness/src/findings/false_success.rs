pub(super) const KIND: &str = "false-success";
