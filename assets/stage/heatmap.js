// The attention heatmap: a table that fills with the clock. It shares the pointer with the stage.

import { rove } from "../lib/dom.js";
import { saveMatrix } from "../lib/charts/heat-files.js";
import { makeHeatTable, percentText } from "../lib/charts/heat-table.js";

export function makeHeatmap(root, store) {
  const section = root.querySelector(".heat");
  const readout = root.querySelector(".readout");
  const table = makeHeatTable(root.querySelector(".plot"), {
    name: "Attention weights: one row per written piece, one column per source piece",
    axes: ["target", "source"],
    pointed,
    chosen: (y) => store.goTo(Math.max(...matrix().rows[y].at) + 1),
  });
  let drawn = ""; // key of the state that the table shows

  const matrix = () => store.payload.views.heatmap && store.payload.views.heatmap[store.unit];
  const rowOf = (step) => matrix().rows.findIndex(({ at }) => at.includes(step - 1));
  const isWritten = (step) => ({ at }) => at.every((t) => t < step);

  function build() {
    const none = !matrix();
    section.querySelector(".no-attention").hidden = !none;
    for (const part of section.querySelectorAll("[data-image], .plot, .readout")) part.hidden = none;
    if (!none) redraw();
  }

  function redraw() {
    drawn = "";
    if (store.payload && matrix()) table.show(matrix(), 0);
    draw(store.step, 1);
  }

  /** Fill the table up to the current step. It changes once or twice per step, not at every frame. */
  function draw(step, phase) {
    if (!matrix() || table.matrix !== matrix()) return;
    const upTo = step > 0 && phase < 0.42 ? step - 1 : step;
    const now = [store.payload.id, store.unit, step, upTo].join();
    if (drawn === now) return;
    drawn = now;
    const count = matrix().rows.filter(isWritten(upTo)).length;
    table.reveal(count);
    const weights = count && matrix().weights[count - 1];
    if (count) table.follow(count - 1, weights.indexOf(Math.max(...weights)));
    if (store.focused === null) readout.textContent = "";
    light();
  }

  function pointed(y, x) {
    if (y === null) return store.focus(null);
    const [row, column] = [matrix().rows[y], matrix().columns[x]];
    store.focus({ source: column.at[0], target: row.at.at(-1) });
    const place = column.kind === "end" ? "no word (the end mark)" : `“${column.text}”`;
    readout.textContent = `Writing “${row.text}”: ${percentText(matrix().weights[y][x])} of the weight is on ${place}`;
  }

  /** Mark the row of the current step, and the row and column of the piece under the pointer or focus. */
  function light() {
    if (!matrix() || table.matrix !== matrix()) return;
    const { step, focused } = store;
    table.mark({
      row: ({ at }) => Boolean(focused && at.includes(focused.target)),
      column: ({ at }) => Boolean(focused && at.includes(focused.source)),
      pinned: (entry) => step > 0 && entry === matrix().rows[rowOf(step)],
    });
  }

  const units = [...section.querySelectorAll("[data-unit]")];
  function choose(button) {
    store.unit = button.dataset.unit;
    for (const other of units) {
      other.setAttribute("aria-checked", String(other === button));
      other.tabIndex = other === button ? 0 : -1;
    }
    redraw();
    store.unitChanged();
  }
  for (const button of units) button.addEventListener("click", () => choose(button));
  rove(section.querySelector(".segments"), () => units, choose);
  for (const button of section.querySelectorAll("[data-image]")) {
    button.addEventListener("click", () => {
      if (matrix()) saveMatrix(button.dataset.image, matrix(), store.payload.model.title, "attention");
    });
  }
  return { build, draw, light };
}
