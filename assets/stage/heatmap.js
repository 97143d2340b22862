// The attention heatmap. Plotly draws the figure that Python made; this part fills its rows with the clock and handles the
// pointer.

import { clamp, rove, saveFile, textWidth } from "../lib/dom.js";
import { inSight, loadPlotly, withoutBase } from "../lib/plotly.js";

const CELL = { width: 26, height: 28, mostHeight: 44 };
const MOST_ROWS = 14; // a larger heatmap shows a window that follows the clock and can be dragged

export function makeHeatmap(root, store, address) {
  const section = root.querySelector(".heat");
  const plot = root.querySelector(".plot");
  const readout = root.querySelector(".readout");
  let plotly = null;
  let unit = "pieces";
  let drawn = ""; // key of the state that the figure shows

  const view = () => store.payload.views.heatmap && store.payload.views.heatmap[unit];
  const rowOf = (step) => view().rows.findIndex((steps) => steps.includes(step - 1));
  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  /** Return the weights of rows whose pieces have all been written; the other rows are empty. */
  function written(step) {
    const { figure, rows } = view();
    return figure.data[0].z.map((row, i) => (rows[i].every((t) => t < step) ? row : row.map(() => null)));
  }

  /** Return the row labels at `step`: empty for a row that is not written yet, and “…” for a word in progress. */
  const rowNames = (step) => view().figure.layout.yaxis.ticktext.map((text, i) => {
    const done = view().rows[i].filter((t) => t < step).length;
    return done === view().rows[i].length ? text : done ? "…" : "";
  });

  function frame(row, column, name, dash) {
    const across = column === null ? [0, view().columns.length] : [column, column + 1];
    const down = row === null ? [0, view().rows.length] : [row, row + 1];
    return {
      type: "rect", xref: "x", yref: "y", x0: across[0] - 0.5, x1: across[1] - 0.5, y0: down[0] - 0.5, y1: down[1] - 0.5,
      line: { color: color(name), width: dash ? 2 : 3, dash: dash ? "dot" : "solid" },
    };
  }

  function shapes(step) {
    const list = [];
    const focus = store.focused;
    if (step > 0) list.push(frame(rowOf(step), null, "--frame", false));
    if (focus && focus.source !== undefined) list.push(frame(null, columnOf(focus.source), "--frame", true));
    if (focus && focus.target !== undefined) list.push(frame(rowOf(focus.target + 1), null, "--frame", true));
    return list;
  }

  const columnOf = (s) => view().columns.findIndex((pieces) => pieces.includes(s));

  /** Return the margins that the labels need, and the number of columns and rows that fit. */
  function room() {
    const { xaxis, yaxis } = view().figure.layout;
    const width = (text) => textWidth(text, "16px system-ui, sans-serif");
    const longest = (texts) => Math.max(24, ...texts.map(width));
    const margin = {
      l: Math.min(150, longest(yaxis.ticktext) + 14),
      t: Math.min(130, longest(xaxis.ticktext) * 0.72 + 26),
      r: clamp(width(xaxis.ticktext[xaxis.ticktext.length - 1]) * 0.72, 12, 90),
      b: 76,
    };
    const [rows, columns] = [view().rows.length, view().columns.length];
    const fitting = Math.floor((section.clientWidth - margin.l - margin.r) / CELL.width);
    return { margin, rows: Math.min(rows, MOST_ROWS), columns: clamp(fitting, 1, columns) };
  }

  /** Return the axis range of `shown` of `count` places, with `at` near the middle. */
  function stretch(count, shown, at) {
    const from = clamp(Math.round(at - shown / 2), 0, count - shown);
    return [from - 0.5, from + shown - 0.5];
  }

  /** Return the axis ranges around the current step. */
  function ranges(step) {
    const { rows, columns } = room();
    const row = Math.max(0, rowOf(step));
    const weights = view().figure.data[0].z[row];
    const down = stretch(view().rows.length, rows, row);
    const across = stretch(weights.length, columns, weights.indexOf(Math.max(...weights)));
    return { "xaxis.range": across, "yaxis.range": [down[1], down[0]] };
  }

  /** Return the figure's layout with sizes and colours; `whole` is for a file, which has room for all rows and columns. */
  function dressed(whole) {
    const { layout } = view().figure;
    const { margin, rows, columns } = room();
    const fits = rows === view().rows.length && columns === view().columns.length;
    const high = whole ? view().rows.length : rows;
    const needed = margin.l + margin.r + view().columns.length * CELL.width;
    const width = whole ? Math.max(section.clientWidth, needed) : section.clientWidth;
    const height = margin.t + margin.b + high * clamp(300 / high, CELL.height, CELL.mostHeight);
    const font = { family: "system-ui, sans-serif", size: 16, color: color("--ink") };
    const axis = (name, ink) => ({ ...layout[name], fixedrange: whole || fits, tickfont: { ...font, color: color(ink) } });
    const dressed = {
      ...layout, width, height, font, margin, dragmode: whole || fits ? false : "pan",
      paper_bgcolor: whole ? color("--surface") : "rgba(0,0,0,0)", plot_bgcolor: color("--empty-cell"),
      xaxis: axis("xaxis", "--source"), yaxis: axis("yaxis", "--target"), shapes: shapes(store.step),
    };
    dressed.yaxis.ticktext = rowNames(store.step);
    section.querySelector(".drag-hint").hidden = fits;
    if (whole || fits) return dressed;
    const around = ranges(store.step);
    dressed.xaxis.range = around["xaxis.range"];
    dressed.yaxis.range = around["yaxis.range"];
    return dressed;
  }

  async function build() {
    const none = !view();
    section.querySelector(".no-attention").hidden = !none;
    section.querySelector(".heat-tools").hidden = plot.hidden = readout.hidden = none;
    if (none) section.querySelector(".drag-hint").hidden = true;
    if (none) return;
    if (!plotly) {
      plot.classList.add("waiting");
      await inSight(section); // on a telephone it is far below, and Plotly is most of the page's bytes
      try {
        plotly ||= await loadPlotly(address);
      } catch (error) {
        readout.textContent = `The heatmap cannot be shown: ${error.message}.`;
        return;
      }
      plot.classList.remove("waiting");
    }
    await redraw();
  }

  async function redraw() {
    if (!plotly || !view() || !section.clientWidth) return;
    const heat = { ...view().figure.data[0], z: written(store.step) };
    heat.colorbar = { ...heat.colorbar, tickfont: { size: 16 }, title: { ...heat.colorbar.title, font: { size: 16 } } };
    drawn = [store.payload.id, unit, store.step, store.step].join();
    await withoutBase(() => plotly.react(plot, [heat], dressed(false), { displayModeBar: false, responsive: false }));
    if (!plot.dataset.bound) bind();
  }

  function bind() {
    plot.dataset.bound = "yes";
    plot.on("plotly_click", (event) => {
      const { x, y } = event.points[0];
      if (view().rows[y]) store.goTo(Math.max(...view().rows[y]) + 1);
      say(y, x);
    });
    plot.on("plotly_hover", (event) => {
      const { x, y, z } = event.points[0];
      if (z === null || !view().rows[y]) return;
      store.focus({ source: view().columns[x][0], target: view().rows[y][view().rows[y].length - 1] });
      say(y, x);
    });
    plot.on("plotly_unhover", () => store.focus(null));
  }

  /** Describe one cell. The labels come from the trace, because those of the figure are escaped. */
  function say(y, x) {
    const { target, source } = store.payload.views.pieces;
    const text = (labels, group) => group.map((i) => labels[i].text).join("");
    const weight = view().figure.data[0].z[y][x];
    const [row, column] = [text(target, view().rows[y]), text(source, view().columns[x])];
    readout.textContent = `Writing “${row}”: weight ${weight.toFixed(2)} on “${column}”`;
  }

  /** Fill the heatmap up to the current step. It changes once or twice per step, not at every frame. */
  function draw(step, phase) {
    if (!plotly || !view() || !plot.dataset.bound) return;
    const upTo = step > 0 && phase < 0.42 ? step - 1 : step;
    const now = [store.payload.id, unit, step, upTo].join();
    if (drawn === now) return;
    drawn = now;
    if (store.focused === null) readout.textContent = "";
    const change = { shapes: shapes(step), "yaxis.ticktext": rowNames(upTo), ...ranges(step) };
    plotly.update(plot, { z: [written(upTo)] }, change, [0]);
  }

  function light() {
    if (plotly && view() && plot.dataset.bound) plotly.relayout(plot, { shapes: shapes(store.step) });
  }

  const units = [...section.querySelectorAll("[data-unit]")];
  function choose(button) {
    unit = button.dataset.unit;
    for (const other of units) {
      other.setAttribute("aria-checked", String(other === button));
      other.tabIndex = other === button ? 0 : -1;
    }
    redraw();
  }
  for (const button of units) button.addEventListener("click", () => choose(button));
  rove(section.querySelector(".segments"), () => units, choose);
  for (const button of section.querySelectorAll("[data-image]")) {
    button.addEventListener("click", async () => {
      if (!plotly) return;
      const layout = dressed(true);
      const { width, height } = layout;
      const file = { format: button.dataset.image, width, height, scale: 2 };
      const image = await plotly.toImage({ data: plot.data, layout }, file);
      saveFile(`attention.${button.dataset.image}`, image);
    });
  }
  return { build, redraw, draw, light };
}
