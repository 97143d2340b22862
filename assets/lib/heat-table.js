// A matrix of weights as a table of coloured cells: one tab stop, arrow keys inside, numbers on demand. The colours come from
// `scale`, a list of [share, #rrggbb]; page, files and print use the same colours.

import { clamp, html } from "./dom.js";

/** Return the colour of a share, interpolated between its neighbours in `scale`. */
export function shadeOf(scale, share) {
  const at = scale.findIndex(([place]) => place >= share);
  if (at <= 0) return scale[Math.max(at, 0)][1];
  const [[low, from], [high, to]] = [scale[at - 1], scale[at]];
  const mixed = (i) => {
    const [a, b] = [from, to].map((colour) => parseInt(colour.slice(i, i + 2), 16));
    return Math.round(a + ((b - a) * (share - low)) / (high - low));
  };
  return `#${[1, 3, 5].map((i) => mixed(i).toString(16).padStart(2, "0")).join("")}`;
}

/** Return the text colour for a cell: dark on the light upper half of the scale. */
export const inkOn = (share) => (share > 0.55 ? "#111111" : "#ffffff");

/** Format a share in percent, never as a false 0% or 100%. */
export function percentText(share) {
  if (share > 0 && share < 0.005) return "<1%";
  return share < 1 && share > 0.995 ? ">99%" : `${Math.round(share * 100)}%`;
}

/**
 * `axes` names the kind of rows and columns: source, target or fed. `more` adds columns after the weights: {title, values}.
 * `pointed(row, column)` is called when the pointer or focus moves (null: outside), `chosen(row)` when a row is clicked.
 */
export function makeHeatTable(place, { scale, name, axes, pointed = () => {}, chosen = () => {}, more = [] }) {
  const scroller = html("div", "heat-scroller");
  const table = scroller.appendChild(html("table", "heat-table"));
  table.setAttribute("role", "grid");
  table.setAttribute("aria-label", name);
  place.replaceChildren(scroller);
  let matrix = null;
  let cells = []; // by row

  const heading = (entry, axis, scope) => {
    const node = html("th", `${axis === "source" ? "source" : "target"} ${entry.kind}`);
    node.scope = scope;
    node.appendChild(html("span", "", entry.text));
    node.title = entry.text;
    return node;
  };

  function show(given) {
    matrix = given;
    table.style.setProperty("--columns", matrix.columns.length); // cells share the available width
    const head = html("tr");
    head.appendChild(html("td", "corner"));
    head.append(...matrix.columns.map((entry) => heading(entry, axes[1], "col")));
    for (const { title } of more) head.appendChild(html("th", "beside", title)).scope = "col";
    const body = html("tbody");
    cells = matrix.rows.map((entry, y) => {
      const line = body.appendChild(html("tr"));
      line.appendChild(heading(entry, axes[0], "row"));
      const row = matrix.weights[y].map((weight, x) => {
        const cell = line.appendChild(html("td", "cell", percentText(weight)));
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = -1;
        cell.dataset.y = y;
        cell.dataset.x = x;
        cell.setAttribute("aria-label", `${entry.text} on ${matrix.columns[x].text}: ${percentText(weight)}`);
        paint(cell, weight);
        return cell;
      });
      for (const { values } of more) {
        const cell = line.appendChild(html("td", "beside"));
        cell.appendChild(html("span", "", values[y]));
      }
      return row;
    });
    const thead = html("thead");
    thead.appendChild(head);
    table.replaceChildren(thead, body);
    if (cells.length && cells[0].length) cells[0][0].tabIndex = 0;
  }

  function paint(cell, weight) {
    cell.style.setProperty("--shade", shadeOf(scale, weight));
    cell.style.setProperty("--on-shade", inkOn(weight));
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
    const line = event.target.closest("tbody tr");
    if (line) chosen([...line.parentNode.children].indexOf(line));
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
    const next = to && cells[clamp(to[0], 0, cells.length - 1)][clamp(to[1], 0, last)];
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
      const line = table.tBodies[0].rows[y];
      line.classList.toggle("marked", row(entry));
      line.classList.toggle("pinned", pinned(entry));
      for (const [x, cell] of cells[y].entries()) cell.classList.toggle("marked-column", columns[x]);
    }
    const heads = table.tHead.rows[0].cells;
    for (const [x, on] of columns.entries()) heads[x + 1].classList.toggle("marked-column", on);
  }

  return { show, mark, paint, cell: (y, x) => cells[y][x], get matrix() { return matrix; } };
}
