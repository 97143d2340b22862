// The curves of the shown run and of the runs that are compared with it. Every run has one colour; line styles tell the curves of
// one figure apart. The horizontal axis counts updates, seconds, or the share of the run.

import { makeFigures } from "../lib/charts/figures.js";
import { rove } from "../lib/dom.js";

const AXES = {
  update: { title: { text: "updates" }, tickformat: "d" },
  seconds: { title: { text: "seconds of training" }, tickformat: "d" },
  share: { title: { text: "share of the run" }, tickformat: ".0%" },
};

export function makeRunCurves(root, plotly) {
  const [open, folded] = [...root.querySelectorAll(".figures")].map((place) => makeFigures(root, place, plotly));
  const log = root.querySelector("[data-testid=log-loss]");
  const buttons = [...root.querySelectorAll("[data-across]")];
  let across = "update";
  let drawn = null; // the arguments of the last `draw`
  let empty = true;

  function show(figures) {
    if (!empty) return;
    empty = false;
    open.show(figures.filter((figure) => !figure.folded), true);
    folded.show(figures.filter((figure) => figure.folded), true);
  }

  /** Draw `runs`, the shown one first: {told, name, colour}. With `until`, draw only the reports up to this update. */
  function draw(runs, until = Infinity) {
    drawn = [runs, until];
    const [shown, ...others] = runs;
    const data = (template) => [
      ...template.map((trace) => filled(trace, shown, until, others.length && trace.meta.compared ? { colour: shown.colour } : {})),
      ...others.flatMap((run) => template.filter(({ meta }) => meta.compared).map((trace) => filled(trace, run, Infinity, { colour: run.colour, hidden: true }))),
    ];
    const ends = { update: 1, seconds: 1, share: 1 };
    for (const { told } of runs) {
      ends.update = Math.max(ends.update, told.started.at(-1)?.updates || 1);
      ends.seconds = Math.max(ends.seconds, told.steps.seconds.at(-1) || 1);
    }
    const loss = log.checked ? { type: "log", autorange: true } : { type: "linear", autorange: true };
    const axes = { across: { ...AXES[across], range: [0, ends[across]] }, up: { loss } };
    open.fill(data, axes); // the axis of the whole run, so that only the curve moves
    folded.fill(data, axes);
  }

  function filled({ meta, ...trace }, { told, name }, until, { colour = meta.colour, hidden = false }) {
    const table = told[meta.table];
    const count = table.update.filter((update) => update <= until).length;
    const values = { x: along(told, meta.table).slice(0, count), y: table[meta.column].slice(0, count) };
    // Plotly reads tags in names and hover texts.
    const hovertemplate = `${trace.hovertemplate.replace("after update %{x:,}", `at ${across} %{x:.4~g}`)}<extra>${name.replaceAll("<", "‹")}</extra>`;
    const any = table[meta.column].some((value) => value !== null);
    return { ...trace, ...values, meta: { ...meta, colour, any }, showlegend: !hidden && (any || !meta.optional), hovertemplate };
  }

  /** Return where the reports of a table stand on the horizontal axis. Only steps report seconds and share. */
  function along(told, table) {
    const { update, [across]: values } = told.steps;
    if (across === "update" || table === "steps") return told[table][across];
    let at = -1;
    return told[table].update.map((number) => {
      while (at + 1 < update.length && update[at + 1] <= number) at += 1;
      return at < 0 ? 0 : values[at];
    });
  }

  function choose(button) {
    across = button.dataset.across;
    for (const other of buttons) {
      other.setAttribute("aria-checked", String(other === button));
      other.tabIndex = other === button ? 0 : -1;
    }
    if (drawn) draw(...drawn);
  }
  for (const button of buttons) button.addEventListener("click", () => choose(button));
  rove(root.querySelector(".curve-tools .segments"), () => buttons, choose);
  log.addEventListener("change", () => drawn && draw(...drawn));
  root.querySelector(".folded").addEventListener("toggle", folded.paint);

  function paint() {
    open.paint();
    folded.paint();
  }

  return { show, draw, paint };
}
