//! Why a function could not be carried out.

use stagegate_configuration::yaml::YamlError;

/// A request of functions that cannot be carried out at all, worded as the executor words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvocationError {
    #[error("configuration data parsing error: {0}")]
    Data(#[from] YamlError),
    #[error("unable to compute mutations: {0}")]
    Mutations(String),
    /// Something that the executor does and this hub does not.
    #[error("{0} is not supported by this hub")]
    NotSupported(String),
}

/// A single function failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FunctionError {
    #[error("{0}")]
    Failed(String),
    /// The arguments are none.
    #[error("{0}")]
    Arguments(String),
    #[error(transparent)]
    Invocation(#[from] InvocationError),
}
