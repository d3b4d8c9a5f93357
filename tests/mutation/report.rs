//! The report that people read.

use crate::equivalent::{Equivalent, known};
use crate::operators::{Mutant, Operator};
use crate::verdict::Outcome;

/// The score of each operator, then each mutant with what tells of it.
pub(crate) fn render(mutants: &[Mutant], outcomes: &[Outcome], equivalents: &[Equivalent]) -> String {
    let mut text = String::from("operator          mutants  caught  equivalent  by accident  survived  score\n");
    for operator in Operator::ALL {
        text.push_str(&row(
            operator.name(),
            &Score::of(mutants, outcomes, equivalents, |mutant| mutant.operator == operator),
        ));
    }
    text.push_str(&row("all", &Score::of(mutants, outcomes, equivalents, |_| true)));
    for operator in Operator::ALL {
        text.push_str(&format!("\n{}\n", operator.name()));
        for (mutant, outcome) in mutants.iter().zip(outcomes).filter(|(mutant, _)| mutant.operator == operator) {
            let told = match (known(equivalents, mutant), outcome) {
                (Some(Equivalent { reason, .. }), _) => format!("equivalent: {reason}"),
                (None, Outcome::Caught(by)) => format!("caught: {by}"),
                (None, Outcome::ByAccident(by)) => format!("BY ACCIDENT: {by}"),
                (None, Outcome::Survived) => "SURVIVED".to_owned(),
            };
            let place = format!("{}:{}", mutant.file, mutant.lines.0);
            text.push_str(&format!(
                "  {place}\n    - {}\n    + {}\n    {told}\n",
                short(&mutant.before),
                short(&mutant.after)
            ));
        }
    }
    text
}

#[derive(Default)]
struct Score {
    mutants: usize,
    caught: usize,
    equivalent: usize,
    by_accident: usize,
    survived: usize,
}

impl Score {
    fn of(
        mutants: &[Mutant],
        outcomes: &[Outcome],
        equivalents: &[Equivalent],
        wanted: impl Fn(&Mutant) -> bool,
    ) -> Self {
        let mut score = Self::default();
        for (mutant, outcome) in mutants.iter().zip(outcomes).filter(|(mutant, _)| wanted(mutant)) {
            score.mutants += 1;
            match (known(equivalents, mutant), outcome) {
                (Some(_), _) => score.equivalent += 1,
                (None, Outcome::Survived) => score.survived += 1,
                (None, Outcome::Caught(_)) => score.caught += 1,
                (None, Outcome::ByAccident(_)) => score.by_accident += 1,
            }
        }
        score
    }
}

/// The score is what is caught of what is not equivalent.
fn row(name: &str, score: &Score) -> String {
    let breaking = score.mutants - score.equivalent;
    let percent =
        (score.caught * 100).checked_div(breaking).map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"));
    format!(
        "{name:<16}  {:>7}  {:>6}  {:>10}  {:>11}  {:>8}  {percent:>5}\n",
        score.mutants, score.caught, score.equivalent, score.by_accident, score.survived
    )
}

fn short(text: &str) -> String {
    const MOST: usize = 150;
    let shortened: String = text.chars().take(MOST).collect();
    if shortened.len() < text.len() { format!("{shortened} …") } else { shortened }
}
