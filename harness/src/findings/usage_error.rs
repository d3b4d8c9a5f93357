pub(super) const KIND: &str = "usage-error";
