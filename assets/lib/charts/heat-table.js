// A matrix of weights as a table of coloured cells: one tab stop, arrow keys inside, numbers on demand (see shade.js for the
// colours). The column of the end mark stands apart, because weight on it is weight on no word.

import { clamp, html } from "../dom.js";
import { shade } from "./shade.js";

/** Format a share in percent, never as a false 0% or 100%. */
export function percentText(share) {
  if (share > 0 && share < 0.005) return "<1%";
  return share < 1 && share > 0.995 ? ">99%" : `${Math.round(share * 100)}%`;
}

/**
 * `axes` names the kind of rows and columns: source, target or fed. `more` adds columns after the weights: {title, values}.
 * `pointed(row, column)` is called when the pointer or focus moves (null: outside), `chosen(row)` when a row is clicked.
 */
export function makeHeatTable(place, { name, axes, pointed = () => {}, chosen = () => {}, more = [] }) {
  const scroller = html("div", "heat-scroller");
  const table = scroller.appendChild(html("table", "heat-table"));
  table.setAttribute("role", "grid");
  table.setAttribute("aria-label", name);
  place.replaceChildren(scroller);
  let matrix = null;
  let lines = []; // the rows of the table's body
  let cells = []; // by row; the cells of a row are made when the row is first shown
  let written = 0; // number of rows that are shown

  const heading = (entry, axis, scope) => {
    const node = html("th", `${axis === "source" ? "source" : "target"} ${entry.kind}`);
    const text = isRest(entry, axis) ? "no word" : entry.text;
    node.scope = scope;
    node.appendChild(html("span", "", text));
    node.title = isRest(entry, axis) ? "the end mark: no word is read" : text;
    return node;
  };

  /** Weight on the end mark of the source is weight on no word. */
  const isRest = (entry, axis) => axis === "source" && entry.kind === "end";

  /** Show a matrix; with `count`, only its first rows. */
  function show(given, count = given.rows.length) {
    matrix = given;
    [cells, written] = [[], 0];
    table.style.setProperty("--columns", matrix.columns.length); // cells share the available width
    table.style.setProperty("--rows", matrix.rows.length);
    const head = html("tr");
    head.appendChild(html("td", "corner"));
    for (const entry of matrix.columns) head.appendChild(heading(entry, axes[1], "col")).classList.toggle("rest", isRest(entry, axes[1]));
    for (const { title } of more) head.appendChild(html("th", "beside", title)).scope = "col";
    const body = html("tbody");
    lines = matrix.rows.map((entry) => {
      const line = body.appendChild(html("tr", "unwritten"));
      line.appendChild(heading(entry, axes[0], "row"));
      return line;
    });
    const thead = html("thead");
    thead.appendChild(head);
    table.replaceChildren(thead, body);
    reveal(count);
  }

  /** Show the first `count` rows. The others keep their place. */
  function reveal(count) {
    for (let y = Math.min(written, count); y < Math.max(written, count); y++) {
      lines[y].classList.toggle("unwritten", y >= count);
      if (y < count && !cells[y]) fill(y);
    }
    written = count;
  }

  function fill(y) {
    const entry = matrix.rows[y];
    cells[y] = matrix.weights[y].map((weight, x) => {
      const cell = lines[y].appendChild(html("td", "cell", percentText(weight)));
      cell.setAttribute("role", "gridcell");
      cell.tabIndex = x || y ? -1 : 0;
      cell.dataset.y = y;
      cell.dataset.x = x;
      cell.setAttribute("aria-label", `${entry.text} on ${matrix.columns[x].text}: ${percentText(weight)}`);
      cell.classList.toggle("rest", isRest(matrix.columns[x], axes[1]));
      shade(cell, weight);
      return cell;
    });
    for (const { values } of more) lines[y].appendChild(html("td", "beside")).appendChild(html("span", "", values[y]));
  }

  /** Scroll inside the table, so that row `y` and column `x` are in sight. The page itself does not move. */
  function follow(y, x) {
    const cell = cells[y] && cells[y][x];
    if (!cell) return;
    const [head, side] = [table.tHead.offsetHeight, lines[y].cells[0].offsetWidth];
    const [high, wide] = [scroller.clientHeight - head, scroller.clientWidth - side];
    if (table.offsetHeight > scroller.clientHeight) scroller.scrollTop = lines[y].offsetTop - head - (high - cell.offsetHeight) / 2;
    if (table.offsetWidth > scroller.clientWidth) scroller.scrollLeft = cell.offsetLeft - side - (wide - cell.offsetWidth) / 2;
  }

  const of = (event) => event.target.closest(".cell");
  const at = (cell) => [Number(cell.dataset.y), Number(cell.dataset.x)];

  function tell(event) {
    const cell = of(event);
    if (cell) pointed(...at(cell));
  }

  table.addEventListener("pointerover", tell);
  table.addEventListener("focusin", tell);
  table.addEventListener("pointerleave", () => pointed(null, null));
  table.addEventListener("focusout", () => pointed(null, null));
  table.addEventListener("click", (event) => {
    const y = lines.indexOf(event.target.closest("tbody tr"));
    if (y >= 0) chosen(y);
  });
  table.addEventListener("keydown", (event) => {
    const cell = of(event);
    if (!cell) return;
    const [y, x] = at(cell);
    const last = cells[y].length - 1;
    const to = {
      ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1], Home: [y, 0], End: [y, last],
    }[event.key];
    if (event.key === "Enter" || event.key === " ") chosen(y);
    else if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    const next = to && cells[clamp(to[0], 0, written - 1)][clamp(to[1], 0, last)];
    if (!next) return;
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  /** Mark the rows and columns for which `row(entry)` and `column(entry)` are true; `pinned(entry)` is true for a kept row. */
  function mark({ row = () => false, column = () => false, pinned = () => false }) {
    if (!matrix) return;
    const columns = matrix.columns.map(column);
    for (const [y, entry] of matrix.rows.entries()) {
      lines[y].classList.toggle("marked", row(entry));
      lines[y].classList.toggle("pinned", pinned(entry));
      for (const [x, cell] of (cells[y] || []).entries()) cell.classList.toggle("marked-column", columns[x]);
    }
    const heads = table.tHead.rows[0].cells;
    for (const [x, on] of columns.entries()) heads[x + 1].classList.toggle("marked-column", on);
  }

  return { show, reveal, follow, mark, cell: (y, x) => cells[y][x], get matrix() { return matrix; } };
}
