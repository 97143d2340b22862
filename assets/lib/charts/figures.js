// Plotly figures made in Python, drawn in the page's colours, light or dark. `meta` of a trace names its colour.

import { html } from "../dom.js";
import { loadPlotly, withoutBase } from "./plotly.js";

const TRACE_COLOURS = { ink: "--ink", source: "--source", target: "--target-fill", soft: "--ink-soft" };
const FIGURE_HEIGHT = 340;

/** Draw figures in `place`, each with its title and a note. Call `paint` after a change of width. */
export function makeFigures(root, place, plotly) {
  let plots = [];

  function show(figures) {
    plots = figures.map(({ name, title, note, figure }) => {
      const box = html("figure");
      box.dataset.testid = `figure-${name}`;
      box.append(html("h3", "", title), html("p", "hint", note));
      const plot = box.appendChild(html("div", "figure-plot"));
      plot.setAttribute("role", "img");
      plot.setAttribute("aria-label", `${title} ${note} The numbers are in the tables of this page.`);
      return { name, box, plot, figure, data: figure.data };
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
    for (const { plot, figure, data: traces } of plots) {
      if (!plot.clientWidth) continue; // hidden: it is drawn when it becomes visible
      const data = traces.map((trace) => {
        const shade = color(TRACE_COLOURS[trace.meta.colour] || trace.meta.colour);
        if (trace.meta.part === "band") return { ...trace, fillcolor: rgba(shade, 0.18) };
        return { ...trace, line: { ...trace.line, color: shade }, marker: { ...trace.marker, color: shade } };
      });
      const axis = { gridcolor: color("--line"), linecolor: color("--line"), tickfont: { size: 16 }, automargin: true };
      const layout = {
        ...figure.layout,
        height: FIGURE_HEIGHT,
        width: plot.clientWidth,
        paper_bgcolor: "transparent",
        plot_bgcolor: "transparent",
        font: { family: "system-ui, sans-serif", size: 16, color: color("--ink") },
        xaxis: { ...figure.layout.xaxis, ...axis, nticks: Math.min(16, Math.floor(plot.clientWidth / 64)) },
        yaxis: { ...figure.layout.yaxis, ...axis, zerolinecolor: color("--ink-soft") },
        hoverlabel: { bgcolor: color("--surface"), bordercolor: color("--line"), font: { color: color("--ink"), size: 16 } },
      };
      loadPlotly(plotly).then((library) => withoutBase(() => library.react(plot, data, layout, { displayModeBar: false })));
    }
  }

  /** A colour with opacity; Plotly does not understand color-mix(). */
  const rgba = (hex, alpha) => `rgba(${[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).join(",")},${alpha})`;

  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  return { show, fill, paint };
}
