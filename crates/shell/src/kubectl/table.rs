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
