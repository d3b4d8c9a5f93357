//! The step vocabulary: which sentences there are and what carries each of them out.

mod arguments;
mod expression;
mod suggest;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use regex::{Regex, RegexSet};

pub use arguments::{ArgumentError, Arguments, DocString, parse_duration};
pub use expression::ExpressionError;

use crate::failure::StepResult;
use crate::run::{Capability, Scenario};

/// The future of a step body.
pub type StepFuture<'a> = Pin<Box<dyn Future<Output = StepResult> + 'a>>;

type Body = Arc<dyn for<'a> Fn(&'a mut Scenario, &'a Arguments) -> StepFuture<'a> + Send + Sync>;

/// One sentence of the vocabulary.
#[derive(Clone)]
pub struct Sentence {
    /// The sentence as a Cucumber expression, such as `I create space {string}`.
    pub expression: String,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// The noun it belongs to, such as `space`; groups the vocabulary in listings.
    pub topic: &'static str,
    /// How long a step of this sentence may take in environment time; `None` means the run's default.
    pub limit: Option<Duration>,
    /// What the run must have for it; a scenario that uses it is skipped where that is missing.
    pub needs: Option<Capability>,
    /// What the run must have for it because of what the doc string or table below the step says.
    pub needs_by_argument: Option<fn(&str) -> Option<Capability>>,
    /// What a scenario that uses it must say by its tag that it needs: without it there is nothing to look at.
    pub demands: Option<Capability>,
    regex: Regex,
    body: Body,
}

impl Sentence {
    /// Carries out a step of this sentence.
    pub fn perform<'a>(&self, scenario: &'a mut Scenario, arguments: &'a Arguments) -> StepFuture<'a> {
        (self.body)(scenario, arguments)
    }
}

impl std::fmt::Debug for Sentence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sentence").field("expression", &self.expression).finish_non_exhaustive()
    }
}

/// The vocabulary cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum VocabularyError {
    /// A sentence is not a Cucumber expression.
    #[error("the sentence `{expression}` is not a Cucumber expression: {source}")]
    Expression {
        /// The sentence.
        expression: String,
        /// What is wrong with it.
        source: ExpressionError,
    },
    /// The sentences cannot be matched together.
    #[error("the vocabulary cannot be compiled")]
    Set(#[from] regex::Error),
}

/// Collects sentences.
#[derive(Default)]
pub struct VocabularyBuilder {
    sentences: Vec<Sentence>,
    errors: Vec<VocabularyError>,
}

impl VocabularyBuilder {
    /// Adds a sentence. It may be used with `Given`, `When` and `Then` alike.
    pub fn sentence<F>(&mut self, topic: &'static str, expression: &str, summary: &'static str, body: F) -> &mut Self
    where
        F: AsyncFn(&mut Scenario, &Arguments) -> StepResult + Send + Sync + 'static,
    {
        let body = Arc::new(body);
        let body: Body = Arc::new(move |scenario, arguments| {
            let body = Arc::clone(&body);
            Box::pin(async move { body(scenario, arguments).await })
        });
        match expression::compile(expression) {
            Ok(regex) => self.sentences.push(Sentence {
                expression: expression.to_owned(),
                summary,
                topic,
                limit: None,
                needs: None,
                needs_by_argument: None,
                demands: None,
                regex,
                body,
            }),
            Err(source) => {
                self.errors.push(VocabularyError::Expression { expression: expression.to_owned(), source });
            }
        }
        self
    }

    /// Gives the sentence added last its own time limit.
    pub fn within(&mut self, limit: Duration) -> &mut Self {
        if let Some(sentence) = self.sentences.last_mut() {
            sentence.limit = Some(limit);
        }
        self
    }

    /// Declares what a step of the sentence added last needs.
    pub fn needing(&mut self, capability: Capability) -> &mut Self {
        if let Some(sentence) = self.sentences.last_mut() {
            sentence.needs = Some(capability);
        }
        self
    }

    /// Declares what each step of the sentences added so far on `topic` needs.
    pub fn all_needing(&mut self, topic: &str, capability: Capability) -> &mut Self {
        for sentence in self.sentences.iter_mut().filter(|sentence| sentence.topic == topic) {
            sentence.needs = Some(capability);
        }
        self
    }

    /// Declares how the doc string or table below a step of the sentence added last says what the step needs.
    pub fn needing_by_argument(&mut self, needs: fn(&str) -> Option<Capability>) -> &mut Self {
        if let Some(sentence) = self.sentences.last_mut() {
            sentence.needs_by_argument = Some(needs);
        }
        self
    }

    /// Declares what the sentence added last is about, so that a scenario that is to be skipped without it says so.
    pub fn demanding(&mut self, capability: Capability) -> &mut Self {
        if let Some(sentence) = self.sentences.last_mut() {
            sentence.demands = Some(capability);
        }
        self
    }

    /// The finished vocabulary.
    pub fn build(self) -> Result<Vocabulary, VocabularyError> {
        if let Some(error) = self.errors.into_iter().next() {
            return Err(error);
        }
        let set = RegexSet::new(self.sentences.iter().map(|sentence| sentence.regex.as_str()))?;
        Ok(Vocabulary { sentences: self.sentences, set })
    }
}

/// All sentences that steps can be made of.
#[derive(Debug)]
pub struct Vocabulary {
    sentences: Vec<Sentence>,
    set: RegexSet,
}

/// What a step's text means.
#[derive(Debug)]
pub enum Meaning<'v> {
    /// It is this sentence with these parameter values.
    Sentence(&'v Sentence, Vec<String>),
    /// It is no sentence; these are the nearest, nearest first.
    Undefined(Vec<String>),
    /// It is more than one.
    Ambiguous(Vec<&'v Sentence>),
}

impl Vocabulary {
    /// Begins a vocabulary.
    pub fn builder() -> VocabularyBuilder {
        VocabularyBuilder::default()
    }

    /// Every sentence, in the order they were added.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// What `text`, a step without its keyword, means.
    pub fn meaning(&self, text: &str) -> Meaning<'_> {
        let matching: Vec<&Sentence> = self.set.matches(text).into_iter().map(|index| &self.sentences[index]).collect();
        match matching.as_slice() {
            [] => Meaning::Undefined(suggest::nearest(text, &self.sentences)),
            [sentence] => Meaning::Sentence(sentence, expression::values(&sentence.regex, text)),
            _ => Meaning::Ambiguous(matching),
        }
    }

    /// Whether `text` is a sentence.
    pub fn knows(&self, text: &str) -> bool {
        self.set.is_match(text)
    }
}
