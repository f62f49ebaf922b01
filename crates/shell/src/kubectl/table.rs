//! Columns as kubectl aligns them (`k8s.io/cli-runtime/pkg/printers/tabwriter.go`).

/// Less than this no column is wide, and so much lies between two.
const LEAST: usize = 6;
const PADDING: usize = 3;

/// Rows of cells as aligned lines. The last cell of a row is not filled up.
pub(super) fn lines(rows: &[Vec<String>]) -> String {
    Widths::default().lines(rows)
}

/// How wide the columns are of what was printed so far: they never become narrower.
#[derive(Default)]
pub(super) struct Widths(Vec<usize>);

impl Widths {
    /// More rows as aligned lines.
    pub fn lines(&mut self, rows: &[Vec<String>]) -> String {
        let length = |cell: &String| cell.chars().count();
        for row in rows {
            let filled = row.len().saturating_sub(1);
            if self.0.len() <= filled {
                self.0.resize(filled + 1, LEAST);
            }
            for (width, cell) in self.0.iter_mut().zip(&row[..filled]) {
                *width = (*width).max(length(cell) + PADDING);
            }
        }
        let mut text = String::new();
        for row in rows {
            for (at, cell) in row.iter().enumerate() {
                text.push_str(cell);
                if at + 1 < row.len() {
                    let fill = self.0[at].saturating_sub(length(cell));
                    text.extend(std::iter::repeat_n(' ', fill));
                }
            }
            text.push('\n');
        }
        text
    }
}

/// Lines whose cells end with tabs, aligned as descriptions are (`text/tabwriter`): a column is as wide
/// as its widest cell and two blanks, as far as lines that follow one another have it.
pub(super) fn aligned(text: &str) -> String {
    const PADDING: usize = 2;
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let mut widths: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    for column in 0..rows.iter().map(Vec::len).max().unwrap_or(0) {
        let has = |row: &Vec<&str>| column + 1 < row.len();
        let mut from = 0;
        while from < rows.len() {
            let block = rows[from..].iter().take_while(|row| has(row));
            let block: Vec<usize> = block.map(|row| row[column].chars().count()).collect();
            let width = block.iter().max().map_or(0, |most| most + PADDING);
            for row in &mut widths[from..from + block.len()] {
                row.push(width);
            }
            from += block.len().max(1);
        }
    }
    let mut out = String::new();
    for (row, widths) in rows.iter().zip(&widths) {
        for (at, cell) in row.iter().enumerate() {
            out.push_str(cell);
            let width = widths
                .get(at)
                .map_or(0, |width| width - cell.chars().count());
            out.extend(std::iter::repeat_n(' ', width));
        }
        out.push('\n');
    }
    out
}
