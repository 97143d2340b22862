// One panel of the view Side by side: a model, its translation, and the attention weights of the model or of one head.

import { html, logText } from "../lib/dom.js";
import { fileButtons } from "../lib/charts/files.js";
import { saveMatrix } from "../lib/charts/heat-files.js";
import { makeHeatTable } from "../lib/charts/heat-table.js";
import { endsOf, shades } from "../lib/charts/shade.js";

const FILES = ["csv", "svg", "png", "html"];

/** Build a panel. It calls `act` with the visitor's choice: {model}, {head}, or {remove: true}. */
export function makePanel(store, given, index, act) {
  const root = html("section", "panel");
  root.dataset.testid = "panel";
  root.setAttribute("aria-label", `Picture ${index + 1}: ${given.title}`);
  let table = null;

  const matrix = () => given.grid && given.grid[store.unit];
  const named = () => [given.kind, headNamed()].filter(Boolean).join(", ");
  const headNamed = () => allHeads().find(({ value }) => value === given.head)?.name || "";
  const allHeads = () => given.heads.flatMap(({ heads }) => heads);

  function build() {
    root.append(menus(), outcome());
    if (given.grid) drawGrid();
    else drawChanges();
    root.appendChild(foot());
  }

  function menus() {
    const line = html("div", "panel-menus");
    const models = select("Model", store.payload.models.map(({ text, name }) => [name, text]), given.model, (model) => act({ model }));
    line.appendChild(models);
    if (given.heads.length) {
      const last = "decoder to source, second-to-last layer, mean of the heads";
      const options = [["", last], ...allHeads().map(({ value, name }) => [value, name])];
      line.appendChild(select("Attention", options, given.head, (head) => act({ head })));
    }
    if (store.payload.panels.length > 1) {
      const remove = line.appendChild(html("button", "text-button remove", "Remove"));
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove picture ${index + 1}`);
      remove.addEventListener("click", () => act({ remove: true }));
    }
    return line;
  }

  function select(name, options, value, changed) {
    const label = html("label", "panel-select");
    label.appendChild(html("span", "visually-hidden", `${name} of picture ${index + 1}`));
    const menu = label.appendChild(html("select"));
    for (const [key, text] of options) menu.appendChild(html("option", "", text)).value = key;
    menu.value = value;
    menu.addEventListener("change", () => changed(menu.value));
    return label;
  }

  function outcome() {
    const { text, log_prob, pieces } = given.result;
    const box = html("div", "panel-outcome");
    box.appendChild(html("p", "target", text)).dataset.testid = "panel-text";
    const number = box.appendChild(html("p", "hint", `log-probability ${logText(log_prob)} nats in ${pieces} pieces, free-running (greedy)`));
    number.dataset.testid = "panel-score";
    return box;
  }

  /** Entropy of the predicted distribution, one value per row; for a word, the mean over its pieces. */
  function entropies(rows) {
    return rows.map(({ at }) => (at.reduce((sum, t) => sum + given.result.entropy[t], 0) / at.length).toFixed(2));
  }

  function drawGrid() {
    const place = root.appendChild(html("div"));
    const [rows] = given.grid.axes;
    const more = rows === "target" ? [{ title: "entropy, bits", values: entropies(matrix().rows) }] : [];
    table = makeHeatTable(place, {
      name: `Attention weights. ${named()}`,
      axes: given.grid.axes,
      more,
      pointed: (y, x) => store.point(y === null ? null : { panel: api, y, x }),
      chosen: (y) => rows === "target" && store.pin(matrix().rows[y].at.at(-1) + 1),
    });
    table.show(matrix());
    if (given.measured) root.appendChild(html("p", "hint", given.measured)).dataset.testid = "panel-measured";
    const says = root.appendChild(html("details", "panel-says"));
    says.appendChild(html("summary", "", "In sentences"));
    const list = says.appendChild(html("ol"));
    list.append(...matrix().says.map((text) => html("li", "", text)));
    if (given.heads.length) root.appendChild(headPictures());
  }

  /** A button with a small picture for each head. */
  function headPictures() {
    const box = html("details", "panel-heads");
    box.open = store.headsOpen;
    box.addEventListener("toggle", () => (store.headsOpen = box.open));
    box.appendChild(html("summary", "", `All ${allHeads().filter(({ short }) => short !== "mean").length} heads`));
    for (const { title, heads } of given.heads) {
      box.appendChild(html("h4", "", title));
      const row = box.appendChild(html("div", "thumbs"));
      for (const head of heads) {
        const button = row.appendChild(html("button", "thumb"));
        button.type = "button";
        button.title = head.name;
        button.setAttribute("aria-pressed", String(head.value === given.head));
        button.append(thumbnail(head), html("span", "", head.short));
        button.addEventListener("click", () => act({ head: head.value }));
      }
    }
    return box;
  }

  function thumbnail({ rows, columns, bytes }) {
    const canvas = html("canvas");
    [canvas.width, canvas.height] = [columns, rows];
    const picture = new ImageData(columns, rows);
    const colourOf = shades(endsOf(document.body));
    const colours = Array.from({ length: 256 }, (_, i) => [...colourOf(i / 255), 255]);
    Array.from(atob(bytes)).forEach((byte, i) => picture.data.set(colours[byte.charCodeAt(0)], 4 * i));
    canvas.getContext("2d").putImageData(picture, 0, 0);
    return canvas;
  }

  /** For a model without attention: how far each source piece moved the encoder's state, and the entropy of each step. */
  function drawChanges() {
    const { columns, parts } = given.changes;
    root.appendChild(html("p", "no-attention", "This model has no attention: it reads the source only through one vector of fixed size, " +
      "made of the encoder's last states. The table shows instead how far each piece moved the encoder's state: the mean change of a unit (units are between −1 and 1)."));
    const table = root.appendChild(html("table", "score-table changes"));
    const head = table.appendChild(html("thead")).appendChild(html("tr"));
    for (const text of ["source piece", ...parts.map(({ name }) => `read ${name}`)]) head.appendChild(html("th", "", text)).scope = "col";
    const body = table.appendChild(html("tbody"));
    for (const [s, entry] of columns.entries()) {
      const line = body.appendChild(html("tr"));
      line.appendChild(html("th", `source ${entry.kind}`, entry.text)).scope = "row";
      for (const { values } of parts) line.appendChild(html("td")).appendChild(bar(values[s]));
    }
    const steps = root.appendChild(html("p", "hint", "Entropy of each step, in bits: "));
    steps.dataset.testid = "entropies";
    for (const [t, text] of given.result.rows.entries()) steps.append(html("span", "entropy-step", `${text} ${given.result.entropy[t].toFixed(2)}`), " ");
  }

  function bar(value) {
    const node = html("span", "change-bar");
    node.style.setProperty("--p", Math.min(1, value).toFixed(3));
    node.appendChild(html("span", "", value.toFixed(2)));
    return node;
  }

  /** Links from the marked step to other views, and buttons that save files. */
  function foot() {
    const line = html("div", "panel-foot");
    const onward = line.appendChild(html("p", "onward"));
    onward.hidden = true;
    if (!given.grid) return line;
    line.appendChild(fileButtons(FILES, (kind) => saveMatrix(kind, matrix(), named(), `attention-${given.model}`)));
    return line;
  }

  /** Mark the cell under the pointer, in whichever panel it is, and the step that stays marked. */
  function mark(pointed, step) {
    const onward = root.querySelector(".onward");
    const at = given.grid && given.grid.axes[0] === "target" ? step - 1 : -1;
    onward.hidden = !(at >= 0 && at < given.result.pieces);
    if (!onward.hidden) onward.replaceChildren(...links(step));
    if (!table) return;
    const here = pointed && pointed.panel === api;
    const entry = pointed && pointed.panel.entryAt(pointed.y, pointed.x);
    const word = entry && entry.source;
    const axis = (k) => (given.grid.axes[k] === "source" ? (e) => word !== null && e.word === word : () => false);
    table.mark({
      row: (e) => (here && e === matrix().rows[pointed.y]) || (entry && axis(0)(e)),
      column: (e) => (here && e === matrix().columns[pointed.x]) || (entry && axis(1)(e)),
      pinned: (e) => at >= 0 && e.at.includes(at),
    });
  }

  function links(step) {
    const text = store.payload.link.find(([name]) => name === "text")[1];
    const shared = { text, model: given.model, step };
    return [
      html("span", "hint", `Step ${step}, “${given.result.rows[step - 1]}”: `),
      anchor("on the stage", { ...shared, search: "greedy" }),
      anchor("does attention explain it?", { tab: "attribution", ...shared }),
      anchor("edit its attention", { tab: "edit", ...shared }),
    ];
  }

  function anchor(text, query) {
    const node = html("a", "", text);
    node.href = `?${new URLSearchParams(query)}`;
    return node;
  }

  /** The content of a cell: its words, its weight, and the number of its source word (null if it has none). */
  function entryAt(y, x) {
    const [row, column] = [matrix().rows[y], matrix().columns[x]];
    const side = given.grid.axes.map((axis, k) => (axis === "source" ? [row, column][k].word : null));
    return { row, column, weight: matrix().weights[y][x], source: side[1] ?? side[0], named: named() };
  }

  const api = { root, mark, entryAt };
  build();
  return api;
}
