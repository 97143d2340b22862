// Tables made in Python: column names, and rows of words, numbers, or numbers with a small note below.

import { html, saveFile } from "../dom.js";

const TABLE_DIGITS = 3;

/** Fill `table`. Its first `words` columns contain words, the others numbers. */
export function fillTable(table, columns, rows, words = 0) {
  const kind = (i) => (i < words ? "" : "number");
  const head = html("tr");
  columns.forEach((name, i) => (head.appendChild(html("th", kind(i), name.replaceAll("_", " "))).scope = "col"));
  const lines = rows.map((cells) => {
    const line = html("tr");
    cells.forEach((cell, i) => line.appendChild(tableCell(cell, kind(i))));
    return line;
  });
  table.replaceChildren(head, ...lines);
}

/** Make a cell. `{ name, hint }` is the heading of a row; `{ value, band }` is a number and its band. */
function tableCell(cell, kind) {
  if (cell === null) return html("td", kind, "–");
  if (typeof cell === "number") return html("td", kind, Number.isInteger(cell) ? String(cell) : cell.toFixed(TABLE_DIGITS));
  if (typeof cell === "string") return html("td", kind, cell);
  const heading = cell.name !== undefined;
  const box = html(heading ? "th" : "td", heading ? "recipe" : kind);
  if (heading) box.scope = "row";
  box.append(heading ? html("strong", "", cell.name) : cell.value, html("small", "", heading ? cell.hint : cell.band));
  return box;
}

/** The folded table by position and its download as `file`. `show(null)` hides it. */
export function makeByPosition(root, file) {
  const part = root.querySelector(".by-position");
  let csv = "";
  part.querySelector("[data-testid=csv]").addEventListener("click", () => saveFile(file, csv, "text/csv"));

  function show(table) {
    part.hidden = !table;
    if (!table) return;
    csv = table.csv;
    fillTable(part.querySelector("table"), table.columns, table.rows);
  }

  return { show };
}
