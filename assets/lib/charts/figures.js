// Plotly figures made in Python, drawn in the page's colours, light or dark. `meta` of a trace names its colour.

import { html } from "../dom.js";
import { fileButtons, saveCsv, saveDrawing, sheet } from "./files.js";
import { loadPlotly, withoutBase } from "./plotly.js";
import { PAPER } from "./shade.js";

const TRACE_COLOURS = { ink: "--ink", source: "--source", target: "--target-fill", soft: "--ink-soft" };
const FIGURE_HEIGHT = 340;
const [FILE_WIDTH, FILE_HEIGHT] = [960, 520];

/** Draw figures in `place`, each with its title and a note. One with a `file`, {name, notes, columns}, can be saved: its curves have
 *  the numbers [sentences, low, high] as `customdata`. Call `paint` after a change of width. */
export function makeFigures(root, place, plotly) {
  let plots = [];

  /** Show figures; those that are `empty` stay hidden until `fill` brings their numbers. */
  function show(figures, empty = false) {
    plots = figures.map(({ name, title, note, figure, file }) => {
      const box = html("figure");
      box.hidden = empty;
      box.dataset.testid = `figure-${name}`;
      box.append(html("h3", "", title), html("p", "hint", note));
      const plot = box.appendChild(html("div", "figure-plot"));
      plot.setAttribute("role", "img");
      plot.setAttribute("aria-label", `${title} ${note} The numbers are in the tables of this page.`);
      const drawn = { name, title, note, box, plot, figure, data: figure.data };
      if (file) box.appendChild(fileButtons(["csv", "svg", "png"], (kind) => save(kind, drawn, file)));
      return drawn;
    });
    place.replaceChildren(...plots.map(({ box }) => box));
    paint();
  }

  /** Draw the figures with other numbers: `data` maps a figure's original traces to new ones; `across` changes the x axes, and
   *  `up` the y axis of a figure by its name. A figure is hidden if no trace has `meta.any`. */
  function fill(data, { across = {}, up = {} }) {
    for (const drawn of plots) {
      drawn.data = data(drawn.figure.data);
      Object.assign(drawn.figure.layout.xaxis, across);
      Object.assign(drawn.figure.layout.yaxis, up[drawn.name]);
      drawn.box.hidden = !drawn.data.some(({ meta }) => meta.any);
    }
    paint();
  }

  function paint() {
    const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
    for (const drawn of plots) {
      const { plot } = drawn;
      if (!plot.clientWidth) continue; // hidden: it is drawn when it becomes visible
      const { data, layout } = dressed(drawn, color, plot.clientWidth, FIGURE_HEIGHT);
      loadPlotly(plotly).then((library) => withoutBase(() => library.react(plot, data, layout, { displayModeBar: false })));
    }
  }

  async function save(kind, drawn, { name, notes, columns }) {
    if (kind === "csv") {
      const curves = drawn.data.filter(({ meta }) => meta.part === "line");
      return saveCsv(name, columns, curves.flatMap(({ meta, name, x, y, customdata }) => x.map((at, i) => {
        const [sentences, low, high] = customdata[i];
        return [meta.of, name, at, y[i], low, high, sentences];
      })));
    }
    const { data, layout } = dressed(drawn, (name) => PAPER[name.slice(2)], FILE_WIDTH, FILE_HEIGHT);
    const settings = { format: "svg", width: FILE_WIDTH, height: FILE_HEIGHT, imageDataOnly: true };
    const text = await (await loadPlotly(plotly)).toImage({ data, layout }, settings);
    const local = text.replace(/url\(((?:&quot;|['"])?)[^#)]*#/g, "url($1#"); // with a <base>, references name the page
    const chart = new DOMParser().parseFromString(local, "image/svg+xml").documentElement;
    const { drawing, left, top } = sheet(drawn.title, [drawn.note, ...notes], FILE_WIDTH, FILE_HEIGHT);
    chart.setAttribute("x", left);
    chart.setAttribute("y", top);
    drawing.appendChild(document.importNode(chart, true));
    saveDrawing(kind, drawing, name);
  }

  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  return { show, fill, paint };
}

/** Return the data and layout of a figure in the colours that `color` gives for the names of app.css. */
function dressed({ figure, data: traces }, color, width, height) {
  const data = traces.map((trace) => {
    const shade = color(TRACE_COLOURS[trace.meta.colour] || trace.meta.colour);
    if (trace.meta.part === "band") return { ...trace, fillcolor: rgba(shade, 0.18) };
    return { ...trace, line: { ...trace.line, color: shade }, marker: { ...trace.marker, color: shade } };
  });
  const axis = { gridcolor: color("--line"), linecolor: color("--line"), tickfont: { size: 16 }, automargin: true };
  const layout = {
    ...figure.layout,
    height,
    width,
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: "system-ui, sans-serif", size: 16, color: color("--ink") },
    xaxis: { ...figure.layout.xaxis, ...axis, nticks: Math.min(16, Math.floor(width / 64)) },
    yaxis: { ...figure.layout.yaxis, ...axis, zerolinecolor: color("--ink-soft") },
    hoverlabel: { bgcolor: color("--surface"), bordercolor: color("--line"), font: { color: color("--ink"), size: 16 } },
  };
  return { data, layout };
}

/** A colour with opacity; Plotly does not understand color-mix(). */
const rgba = (hex, alpha) => `rgba(${[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).join(",")},${alpha})`;
