// Prints rows as a table: the first column to the left, the others to the right.

/** @param {string[]} head @param {(string | number)[][]} rows */
export function table(head, rows) {
  const lines = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    const cells = line.map((text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[column])));
    console.log('    ' + cells.join('  '));
  }
}

/** The middle of some measurements. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Milliseconds, to three significant digits. */
export const ms = (number) => `${Number(number.toPrecision(3))} ms`;

/** Bytes in kilobytes of a thousand, as budgets count them. */
export const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
