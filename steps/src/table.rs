//! The table below a step, its first row naming the columns.

use stagegate_harness::failure::Failure;
use stagegate_harness::vocabulary::Arguments;

/// A table with named columns.
pub(crate) struct Table<'a> {
    columns: &'a [String],
    rows: &'a [Vec<String>],
}

/// A row of a [`Table`].
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    columns: &'a [String],
    cells: &'a [String],
}

impl<'a> Table<'a> {
    /// The step's table, which must have at least one row and the columns `required`; it may have those in
    /// `optional`, and no others.
    pub(crate) fn of(arguments: &'a Arguments, required: &[&str], optional: &[&str]) -> Result<Self, Failure> {
        let table = Self::with(arguments, required)?;
        let known = |column: &&String| required.contains(&column.as_str()) || optional.contains(&column.as_str());
        match table.columns.iter().find(|column| !known(column)) {
            None => Ok(table),
            Some(column) => {
                let all = [required, optional].concat().join("`, `");
                Err(Failure::assertion(format!("the table has a column `{column}`"))
                    .help(format!("this sentence knows the columns `{all}`")))
            }
        }
    }

    /// The step's table, which must have at least one row and the columns `required`; what other columns mean is
    /// the sentence's to know.
    pub(crate) fn with(arguments: &'a Arguments, required: &[&str]) -> Result<Self, Failure> {
        let Some((columns, rows)) = arguments.table()?.split_first().filter(|(_, rows)| !rows.is_empty()) else {
            return Err(Failure::assertion("the table has no rows")
                .help(format!("its first row names the columns: `{}`", required.join("`, `"))));
        };
        for column in required {
            if !columns.iter().any(|known| known == column) {
                return Err(Failure::assertion(format!("the table has no column `{column}`"))
                    .help(format!("its first row names the columns: `{}`", required.join("`, `"))));
            }
        }
        if let Some(row) = rows.iter().find(|row| row.len() != columns.len()) {
            return Err(Failure::assertion("a row of the table has not as many cells as there are columns")
                .actual(row.join(" | ")));
        }
        Ok(Self { columns, rows })
    }

    /// The rows below the names.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let columns = self.columns;
        self.rows.iter().map(move |cells| Row { columns, cells })
    }

    /// The columns that are not among `others`.
    pub(crate) fn columns_beside(&self, others: &[&str]) -> Vec<&'a str> {
        self.columns.iter().map(String::as_str).filter(|column| !others.contains(column)).collect()
    }
}

impl<'a> Row<'a> {
    /// The cell of a column; empty when the table has no such column.
    pub(crate) fn get(&self, column: &str) -> &'a str {
        let index = self.columns.iter().position(|known| known == column);
        index.and_then(|index| self.cells.get(index)).map(String::as_str).unwrap_or_default()
    }

    /// The cells of these columns, for comparing rows.
    pub(crate) fn cells(&self, columns: &[&str]) -> Vec<String> {
        columns.iter().map(|column| self.get(column).to_owned()).collect()
    }
}

/// Whether the same rows were found as the table has, in any order; what is missing and what is too much otherwise.
pub(crate) fn same_rows(what: &str, expected: &[Vec<String>], found: &[Vec<String>]) -> Result<(), Failure> {
    let (mut wanted, mut got) = (expected.to_vec(), found.to_vec());
    wanted.sort();
    got.sort();
    if wanted == got {
        return Ok(());
    }
    Err(Failure::assertion(what.to_owned()).expected(lines(&wanted)).actual(lines(&got)))
}

fn lines(rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return "none".to_owned();
    }
    rows.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(rows: &[&[&str]]) -> Arguments {
        let rows = rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        Arguments::new(Vec::new(), None, rows)
    }

    fn refusal(rows: &[&[&str]], required: &[&str], optional: &[&str]) -> String {
        let arguments = arguments(rows);
        Table::of(&arguments, required, optional).map_or_else(|failure| failure.diagnostic.what, |_| String::new())
    }

    #[test]
    fn cells_are_found_by_the_name_of_their_column() {
        let arguments = arguments(&[&["unit", "space"], &["a", "b"], &["c", "d"]]);
        let table = Table::of(&arguments, &["space", "unit"], &["as"]).map_err(|failure| failure.diagnostic.what);
        let rows: Vec<_> = table.expect("a table").rows().map(|row| row.cells(&["space", "unit", "as"])).collect();
        assert_eq!(rows, [["b", "a", ""], ["d", "c", ""]]);
    }

    #[test]
    fn what_would_be_read_otherwise_than_it_is_meant_is_refused() {
        assert_eq!(refusal(&[&["unit"]], &["unit"], &[]), "the table has no rows");
        assert_eq!(refusal(&[&["unti"], &["a"]], &["unit"], &[]), "the table has no column `unit`");
        assert_eq!(
            refusal(&[&["unit", "sapce"], &["a", "b"]], &["unit"], &["space"]),
            "the table has a column `sapce`"
        );
        let short = refusal(&[&["unit", "space"], &["a"]], &["unit", "space"], &[]);
        assert_eq!(short, "a row of the table has not as many cells as there are columns");
    }

    #[test]
    fn the_same_rows_in_another_order_are_the_same() {
        let rows = |names: &[&str]| names.iter().map(|name| vec![(*name).to_owned()]).collect::<Vec<_>>();
        assert!(same_rows("", &rows(&["a", "b"]), &rows(&["b", "a"])).is_ok());
        let failure = same_rows("units", &rows(&["a", "b"]), &[]).expect_err("nothing was found");
        let diagnostic = failure.diagnostic;
        assert_eq!((diagnostic.expected.as_deref(), diagnostic.actual.as_deref()), (Some("a\nb"), Some("none")));
        assert!(same_rows("", &rows(&["a"]), &rows(&["a", "a"])).is_err(), "twice is not once");
    }
}
