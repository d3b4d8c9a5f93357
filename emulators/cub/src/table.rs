//! Tables as the client prints them: columns padded with spaces, four between them and behind the last.

/// Rows of cells, with or without a header.
#[derive(Debug, Default)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

const GAP: usize = 4;

impl Table {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A table with a header; shown in capitals.
    pub(crate) fn with_header(header: &[&str], shown: bool) -> Self {
        let header = if shown { header.iter().map(|title| heading(title)).collect() } else { Vec::new() };
        Self { header, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    pub(crate) fn render(&self) -> String {
        let columns = self.rows.iter().chain([&self.header]).map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.header]).filter_map(|row| row.get(column));
            cells.flat_map(|cell| cell.lines()).map(|line| line.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        if !self.header.is_empty() {
            // The library that draws these pads the last title by one blank where rows have the whole gap.
            let padded = pad(&self.header, &widths, 0);
            text.push_str(&padded[..padded.len() - (GAP - 1)]);
            text.push('\n');
        }
        for row in &self.rows {
            let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or(0).max(1);
            for line in 0..height {
                text.push_str(&pad(row, &widths, line));
                text.push('\n');
            }
        }
        text
    }
}

/// One line of a row: line `line` of each cell.
fn pad(row: &[String], widths: &[usize], line: usize) -> String {
    let cells = widths.iter().enumerate().map(|(column, width)| {
        let cell = row.get(column).and_then(|cell| cell.lines().nth(line)).unwrap_or_default();
        format!("{cell}{}", " ".repeat(width - cell.chars().count() + GAP))
    });
    cells.collect()
}

/// A title as the client's table library shows it.
fn heading(title: &str) -> String {
    title.replace(['_', '.'], " ").trim().to_uppercase()
}
