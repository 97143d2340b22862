// The view Predict: a grid of target words (rows) and source words (columns) in which a visitor links words. On request it
// shows the model's attention; before that, the payload does not contain it.

import { makeBoard } from "../lib/component.js";
import { clamp, html } from "../lib/dom.js";
import { percentText } from "../lib/charts/heat-table.js";
import { shade } from "../lib/charts/shade.js";
import { fillTable } from "../lib/charts/table.js";

const WRITTEN = 0.05; // smaller weights show only their colour; their number is in the cell's label

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".predict");
  const part = (name) => root.querySelector(`[data-testid="${name}"]`);
  const table = part("grid");
  let shown = null;
  let links = new Set(); // "source-target"
  let cells = []; // [target][source]
  let heads = { columns: [], rows: [] };
  let board = null; // still null when the first payload is shown

  const name = (i, j) => `${i}-${j}`;
  const pairs = () => [...links].map((link) => link.split("-").map(Number)).sort((a, b) => a[0] - b[0] || a[1] - b[1]);

  function show(payload) {
    const same = shown && [shown.source, shown.target].flat().join(" ") === [payload.source, payload.target].flat().join(" ");
    if (payload.links) links = new Set(payload.links.map(([i, j]) => name(i, j)));
    else if (!same) links = new Set();
    shown = payload;
    root.dataset.revealed = String(Boolean(payload.revealed));
    const task = payload.revealed
      ? `Rows are the words of the translation, columns the words of the source.${payload.revealed.weights ? " Attention is teacher-forced: the decoder was fed this translation." : ""}`
      : "Which source word does each target word translate? Choose the cells where the row's word translates the column's word. This is your prediction of the decoder's attention.";
    root.querySelector(".predict-task").textContent = task;
    part("translation").replaceChildren();
    if (payload.own) part("translation").append("The model's own translation, greedy: ", html("span", "target", payload.written));
    part("predict-hint").textContent = payload.hint;
    root.querySelector(".origin").textContent = `${payload.model.title}. Trained on ${payload.model.trained_on}`;
    draw();
    outcome();
    count();
    address();
  }

  // --- the grid ---

  function draw() {
    const { source, target, revealed } = shown;
    const heat = revealed && revealed.weights;
    table.className = `predict-grid${revealed ? " revealed" : ""}${heat ? " heated" : ""}`;
    table.setAttribute("aria-label", revealed ? "Your links and what was revealed" : "Your links");
    const head = html("tr");
    head.appendChild(html("td"));
    heads.columns = source.map((word) => {
      const cell = head.appendChild(html("th"));
      cell.scope = "col";
      cell.appendChild(html("span", "", word));
      return cell;
    });
    if (heat) head.appendChild(html("th", "end")).appendChild(html("span", "", "end"));
    cells = [];
    heads.rows = [];
    const rows = target.map((word, j) => {
      const row = html("tr");
      row.setAttribute("role", "row");
      const title = row.appendChild(html("th", "", word));
      title.scope = "row";
      title.title = word;
      heads.rows.push(title);
      cells.push(source.map((_, i) => row.appendChild(gridCell(i, j)).firstChild));
      if (heat) row.appendChild(endCell(j));
      return row;
    });
    head.setAttribute("role", "row");
    const top = html("thead");
    top.appendChild(head);
    const body = html("tbody");
    body.append(...rows);
    table.replaceChildren(top, body);
    cells[0][0].tabIndex = 0;
  }

  function gridCell(i, j) {
    const box = html("td");
    box.setAttribute("role", "gridcell");
    const cell = box.appendChild(html("button", "predict-cell"));
    cell.type = "button";
    cell.tabIndex = -1;
    cell.dataset.link = name(i, j);
    if (shown.revealed) cell.setAttribute("aria-disabled", "true");
    dress(cell, i, j);
    return box;
  }

  /** The cell with the weight on the end mark. The end mark is not a word, so it cannot be linked. */
  function endCell(j) {
    const { end } = shown.revealed;
    const box = html("td");
    box.setAttribute("role", "gridcell");
    const cell = box.appendChild(html("span", "predict-end", end[j] >= WRITTEN ? percentText(end[j]) : ""));
    cell.title = `${shown.target[j]}, end mark, weight ${percentText(end[j])}`;
    shade(cell, end[j]);
    return box;
  }

  /** Fill a cell, and set its label for screen readers. */
  function dress(cell, i, j) {
    const { source, target, revealed } = shown;
    const own = links.has(name(i, j));
    const said = [`${target[j]}, ${source[i]}`];
    cell.setAttribute("aria-pressed", String(own));
    cell.replaceChildren();
    if (own) cell.appendChild(html("span", "own", "●"));
    if (own && revealed) said.push("your link");
    if (revealed && revealed.weights) {
      const row = revealed.weights[j];
      const weight = row[i];
      const most = row.indexOf(Math.max(...row)) === i;
      shade(cell, weight);
      cell.classList.toggle("most", most);
      cell.dataset.weight = weight;
      said.push(`weight ${percentText(weight)}${most ? ", largest weight" : ""}`);
      if (weight >= WRITTEN || most) cell.appendChild(html("span", "weight", percentText(weight)));
    }
    for (const kind of revealed && revealed.gold ? ["sure", "possible"] : []) {
      if (!revealed.gold[kind].some(([a, b]) => a === i && b === j)) continue;
      cell.classList.add(kind);
      said.push(`${kind} link by hand`);
    }
    cell.setAttribute("aria-label", said.join(", "));
    cell.title = said.join(", ");
  }

  function toggle(i, j) {
    if (shown.revealed) return;
    const link = name(i, j);
    if (!links.delete(link)) {
      if (links.size >= shown.most) {
        part("count").textContent = `At most ${shown.most} links can be drawn.`;
        return;
      }
      links.add(link);
    }
    dress(cells[j][i], i, j);
    count();
    address();
  }

  const placeOf = (target) => {
    const cell = target.closest(".predict-cell");
    return cell && cell.dataset.link.split("-").map(Number);
  };

  table.addEventListener("click", (event) => {
    const at = placeOf(event.target);
    if (!at) return;
    focus(...at);
    toggle(...at);
  });
  table.addEventListener("keydown", (event) => {
    const at = placeOf(event.target);
    if (!at || event.ctrlKey || event.altKey || event.metaKey) return;
    const [columns, rows] = [shown.source.length, shown.target.length];
    const [i, j] = at;
    const next = {
      ArrowLeft: [i - 1, j], ArrowRight: [i + 1, j], ArrowUp: [i, j - 1], ArrowDown: [i, j + 1], Home: [0, j], End: [columns - 1, j],
    }[event.key];
    if (!next) return; // the browser itself handles Enter and Space
    event.preventDefault();
    event.stopPropagation();
    focus(clamp(next[0], 0, columns - 1), clamp(next[1], 0, rows - 1));
  });
  for (const kind of ["focusin", "mouseover"]) table.addEventListener(kind, (event) => point(placeOf(event.target)));
  for (const kind of ["focusout", "mouseleave"]) table.addEventListener(kind, () => point(null));

  /** Focus a cell, and make it the only tab stop of the grid. */
  function focus(i, j) {
    table.querySelector("[tabindex='0']").tabIndex = -1;
    cells[j][i].tabIndex = 0;
    cells[j][i].focus();
  }

  /** Mark the source word and the target word of a cell. */
  function point(at) {
    heads.columns.forEach((head, i) => head.classList.toggle("on", Boolean(at) && at[0] === i));
    heads.rows.forEach((head, j) => head.classList.toggle("on", Boolean(at) && at[1] === j));
  }

  // --- around it ---

  function count() {
    const linked = new Set(pairs().map(([, j]) => j)).size;
    const left = shown.target.length - linked;
    const drawn = `${links.size} ${links.size === 1 ? "link" : "links"}`;
    part("count").textContent = shown.revealed ? "" : `${drawn}; ${left} of ${shown.target.length} target words without a link`;
    const focused = document.activeElement;
    part("reveal").hidden = Boolean(shown.revealed);
    part("again").hidden = !shown.revealed && !links.size;
    // When a focused button disappears, move the focus to the next control.
    if (focused === part("reveal") && focused.hidden) part("again").focus();
    if (focused === part("again") && !shown.revealed) table.querySelector("[tabindex='0']").focus();
  }

  function address() {
    shown.link = shown.link.filter(([key]) => key !== "links");
    if (links.size) shown.link.push(["links", pairs().map(([i, j]) => name(i, j)).join(".")]);
    if (board) board.update();
  }

  function outcome() {
    const { revealed } = shown;
    part("outcome").hidden = !revealed;
    part("verdict").replaceChildren();
    if (!revealed) return;
    part("verdict").append(...revealed.verdict.map((span) => html("span", span.role, span.text)));
    fillTable(part("scores"), revealed.columns, revealed.rows, 1);
    for (const item of part("key").querySelectorAll(".key-gold")) item.hidden = !revealed.gold;
    part("key").querySelector(".key-most").hidden = part("key").querySelector("li").hidden = !revealed.weights;
  }

  part("reveal").addEventListener("click", () => trigger("reveal", { id: shown.id, links: pairs() }));
  part("again").addEventListener("click", () => {
    if (shown.revealed) {
      trigger("again", {});
      return;
    }
    links = new Set();
    draw();
    count();
    address();
  });

  board = makeBoard(root, props, watch, show);
}
