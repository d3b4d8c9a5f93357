pub(super) const KIND: &str = "masked-failure";
