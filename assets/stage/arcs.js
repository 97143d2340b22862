// How a step reads the source: attention arcs from the source positions to the decoder state or, without attention, lines from
// the fixed context vector. A model with neither has one path: the encoder's state that is handed over before the decoder's
// first step. The arcs of a step are made when the step is first reached; arcs of past steps stay, faint.

import { clamp, part, readingOf, svg } from "../lib/dom.js";
import { fullBar, STATE, statePath } from "./layout.js";
import { curve } from "./shapes.js";

const LEAST_WEIGHT = 0.01; // smaller weights are not drawn, as the legend says

export function makeArcs(layer, store, plan, scroller, units) {
  const { trace } = store.payload;
  const { rows } = plan;
  const reading = readingOf(trace);
  const groups = [];
  const context = reading === "context" ? makeContext() : null;
  const handover = reading === "handover" ? makeHandover() : null;

  /** The box of the context vector, between encoder and decoder. */
  function makeContext() {
    const feeders = svg("g", { class: "feeders" }, layer);
    const box = svg("g", { class: "state source context", "data-testid": "context" }, layer);
    svg("rect", { x: -74, y: -21, width: 148, height: 42, rx: 8 }, box);
    const bars = svg("g", { transform: "scale(2.6 1.25)" }, box);
    svg("path", { class: "bars", d: statePath(trace.context, fullBar([trace.context])) }, bars);
    svg("text", { x: 84, y: 6 }, box).textContent = "context vector";
    return { box, feeders, x: plan.width / 2, y: (rows.arcTop + rows.arcBottom) / 2 + 8 };
  }

  /** Keep the context vector in sight while a long sentence is scrolled. */
  function place() {
    if (!context) return;
    const { box, feeders, y } = context;
    const x = (context.x = clamp(scroller.scrollLeft + scroller.clientWidth / 2, 80, Math.max(80, plan.width - 80)));
    box.setAttribute("transform", `translate(${x} ${y})`);
    feeders.replaceChildren();
    for (const end of plan.ends) svg("path", { class: "feeder", d: curve(end.x, end.y - STATE.height / 2, x, y + 21) }, feeders);
    groups.forEach((group, t) => group.firstChild.setAttribute("d", fromContext(t)));
  }

  const fromContext = (t) => curve(context.x, context.y - 21, plan.target.x[t], rows.arcTop);

  /** The path from the last state of each direction to the first decoder state: all that the decoder gets of the source. */
  function makeHandover() {
    const group = svg("g", { class: "arc-group handover", "data-testid": "handover" }, layer);
    const x = plan.target.x[0];
    for (const end of plan.ends) {
      const d = curve(end.x, end.y - STATE.height / 2, x, rows.arcTop + 2);
      svg("path", { class: "arc", d, pathLength: 1, "stroke-width": 3, "marker-end": "url(#tip-handed)" }, group);
    }
    svg("text", { x: x + 32, y: rows.arcTop + 16 }, group).textContent = "the state handed over"; // above or next to the curve
    return group;
  }

  function make(t) {
    const group = svg("g", { class: "arc-group", "data-step": t + 1 }, layer);
    const x = plan.target.x[t];
    if (context) {
      svg("path", { class: "arc", d: fromContext(t), pathLength: 1, "stroke-width": 4 }, group);
      return group;
    }
    (units.target[t].attention || []).forEach((weight, s) => {
      if (weight < LEAST_WEIGHT) return;
      const d = curve(plan.source.x[s], rows.arcBottom, x, rows.arcTop);
      const line = svg("path", { class: "arc", d, pathLength: 1 }, group);
      line.setAttribute("stroke-width", (1 + 11 * weight).toFixed(2));
      line.style.setProperty("--share", weight.toFixed(3));
      line.classList.toggle("rest", units.source[s].kind === "end");
      line.dataset.source = s;
      line.addEventListener("pointerenter", () => store.focus({ source: units.source[s].at[0], target: units.target[t].at[0] }));
      line.addEventListener("pointerleave", () => store.focus(null));
    });
    return group;
  }

  function draw(step, phase, moved) {
    if (context) {
      const filled = step === 0 ? part(phase, 0.75, 1) : 1;
      context.box.style.opacity = context.feeders.style.opacity = filled;
    }
    if (handover) {
      reveal(handover, step === 0 ? part(phase, 0.7, 1) : 1);
      handover.classList.toggle("past", step > 1);
    }
    const current = units.unitOf(step); // -1 at step 0
    for (let t = 0; t <= current; t++) groups[t] ||= make(t);
    if (moved) {
      groups.forEach((group, t) => {
        group.classList.toggle("past", t < current);
        group.classList.toggle("future", t > current);
        reveal(group, 1);
      });
    }
    if (step > 0) reveal(groups[current], part(units.progress(current, step, phase), 0.05, 0.42));
  }

  /** Draw arcs up to `amount`, from the source to the decoder: the direction of the information. */
  function reveal(group, amount) {
    group.style.visibility = amount > 0 ? "" : "hidden"; // a round cap would show as a dot
    for (const line of group.children) line.style.strokeDashoffset = 1 - amount;
  }

  /** Highlight the arcs of the focused piece; all others become faint. */
  function light(focus) {
    const has = (column, position) => position === undefined || column.at.includes(position);
    groups.forEach((group, t) => {
      const mine = focus && has(units.target[t], focus.target);
      for (const line of group.children) {
        const column = units.source[line.dataset.source]; // none: the line of a context vector
        const read = focus && (column ? has(column, focus.source) : focus.source === undefined);
        line.classList.toggle("lit", Boolean(mine && read));
      }
    });
  }

  place();
  return { draw, light, place };
}
