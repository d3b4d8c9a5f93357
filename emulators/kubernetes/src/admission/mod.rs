//! Admission plug-ins: what may still change or refuse an object that is well-formed.

pub(crate) mod amount;
pub(crate) mod limit_range;
pub(crate) mod quota;
pub(crate) mod scope;
pub(crate) mod storage_class;
pub(crate) mod usage;
