//! Why a step did not pass.

use stagegate_reports::diagnostic::Diagnostic;

/// What a step body returns.
pub type StepResult = Result<(), Failure>;

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The system under test is not as the step says.
    System,
    /// The harness or the environment broke; the step says nothing about the system under test.
    Environment,
}

/// Why a step did not pass, in the shape of every other error.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Whose fault it is.
    pub blame: Blame,
    /// What is shown. The step's own place is filled in by the run loop when `at` is empty.
    pub diagnostic: Box<Diagnostic>,
}

impl Failure {
    /// The system under test is not as the step says.
    pub fn assertion(what: impl Into<String>) -> Self {
        Self::new(Blame::System, what)
    }

    /// The harness or the environment broke.
    pub fn environment(what: impl Into<String>) -> Self {
        Self::new(Blame::Environment, what)
    }

    fn new(blame: Blame, what: impl Into<String>) -> Self {
        Self { blame, diagnostic: Box::new(Diagnostic { what: what.into(), ..Diagnostic::default() }) }
    }

    /// What should have been there.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.diagnostic.expected = Some(expected.into());
        self
    }

    /// What was there.
    #[must_use]
    pub fn actual(mut self, actual: impl Into<String>) -> Self {
        self.diagnostic.actual = Some(actual.into());
        self
    }

    /// How to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.diagnostic.help = Some(help.into());
        self
    }

    /// One more cause, behind those already given.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.diagnostic.causes.push(cause.into());
        self
    }

    /// The error's message and all its sources as causes.
    #[must_use]
    pub fn caused_by(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.diagnostic.causes.push(error.to_string());
            next = error.source();
        }
        self
    }
}

impl From<crate::vocabulary::ArgumentError> for Failure {
    fn from(error: crate::vocabulary::ArgumentError) -> Self {
        Self::assertion(error.to_string())
    }
}

impl From<crate::run::UnknownVariable> for Failure {
    fn from(error: crate::run::UnknownVariable) -> Self {
        Self::assertion(error.to_string())
    }
}
