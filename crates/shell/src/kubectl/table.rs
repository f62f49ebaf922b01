//! Columns as kubectl aligns them (`k8s.io/cli-runtime/pkg/printers/tabwriter.go`).

/// Less than this no column is wide, and so much lies between two.
const LEAST: usize = 6;
const PADDING: usize = 3;

/// Rows of cells as aligned lines. The last cell of a row is not filled up.
pub(super) fn lines(rows: &[Vec<String>]) -> String {
    let length = |cell: &String| cell.chars().count();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        let cells = rows.iter().filter(|row| at + 1 < row.len());
        let widest = cells.map(|row| length(&row[at])).max().unwrap_or(0);
        (widest + PADDING).max(LEAST)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if at + 1 < row.len() {
                let fill = widths[at].saturating_sub(length(cell));
                text.extend(std::iter::repeat_n(' ', fill));
            }
        }
        text.push('\n');
    }
    text
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
