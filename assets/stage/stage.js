// The stage: source pieces, the encoder's states, the decoder's states and the written pieces, drawn once per trace in SVG.
// `draw(step, phase)` then shows the drawing at that time: it is a pure function of the clock.

import { clamp, html, part, readingOf, rove, svg } from "../lib/dom.js";
import { makeArcs } from "./arcs.js";
import { makeEncoder } from "./encoder.js";
import { fullBar, joined, ROW_NAMES, layout, STATE } from "./layout.js";
import { STRONG } from "../lib/charts/shade.js";
import { unitsOf } from "./units.js";
import { defineMarks, drawMove, drawState, rail, showMove } from "./shapes.js";

const READ = 0.1; // from this weight on, the text of a source piece has the colour of text on a weight

export function makeStage(root, store) {
  const scene = root.querySelector(".scene");
  const scroller = root.querySelector(".scroller");
  const names = root.querySelector(".lane-names");
  let plan, parts, arcs, encoder, units;
  let drawn = -1; // the step that the stage shows
  scroller.addEventListener("scroll", () => arcs && arcs.place(), { passive: true });

  function build() {
    drawn = -1;
    const { trace } = store.payload;
    units = unitsOf(store.payload, store.unit);
    plan = layout(units, trace, Math.max(240, scroller.clientWidth));
    const { rows } = plan;
    scene.replaceChildren();
    scene.setAttribute("width", plan.width);
    scene.setAttribute("height", rows.height);
    nameRows(trace.reading.order);
    defineMarks(scene);
    parts = { source: [], states: [], output: [], weights: [], moves: [] };
    const behind = svg("g", { class: "lanes" }, scene);
    arcs = makeArcs(svg("g", { class: "arcs" }, scene), store, plan, scroller, units);
    encoder = makeEncoder(scene, behind, plan, trace, units.source);
    units.source.forEach((column, i) => {
      parts.source[i] = chip(plan.source.x[i], rows.source, units.source, plan.source.w, i, "source");
      if (rows.weight) parts.weights[i] = svg("text", { class: "weight", x: plan.source.x[i], y: rows.weight + 6 }, scene);
    });
    const decoderScale = fullBar(units.target.map(({ state }) => state));
    units.target.forEach(({ state, forced }, t) => {
      const x = plan.target.x[t];
      parts.moves[t] = cameFrom(behind, trace, t);
      parts.states[t] = drawState(scene, x, rows.decoder, state, decoderScale, "target");
      parts.output[t] = chip(x, rows.output, units.target, plan.target.w, t, "target");
      parts.output[t].classList.toggle("forced", forced);
    });
    for (const kind of ["source", "output"]) parts[kind].forEach((node, i) => node.setAttribute("tabindex", i ? "-1" : "0"));
  }

  function nameRows(orders) {
    const { output, decoder, source, height } = plan.rows;
    const encoders = orders.map((order, k) => [plan.rows.encoder[k], ROW_NAMES[order]]);
    names.replaceChildren();
    for (const [y, text] of [[output, "output"], [decoder, "decoder"], ...encoders, [source, "source"]])
      names.appendChild(html("span", "lane-name", text)).style.top = `${y}px`;
    names.style.height = `${height}px`;
  }

  /** The line to the state of step `t` from the previous state or, in a Transformer, from all earlier states. */
  function cameFrom(parent, trace, t) {
    const { x } = plan.target;
    const y = plan.rows.decoder;
    if (trace.reading.looks_back) {
      const [top, above] = [y - STATE.height / 2, y - STATE.height / 2 - 11];
      const d = `${rail(x.slice(0, t + 1), top, above)}M${x[t]} ${above}V${top - 1}`;
      return t === 0 ? null : svg("path", { class: "rail target", d, "marker-end": "url(#tip-target)" }, parent);
    }
    if (t === 0 && readingOf(trace) === "handover") return null;
    return drawMove(parent, t > 0 ? x[t - 1] : x[0] - (x[1] - x[0] || 80), x[t], y, "target");
  }

  function chip(x, y, labels, widths, i, kind) {
    const label = labels[i];
    const group = svg("g", { class: `chip ${kind} ${label.kind}`, transform: `translate(${x} ${y})` }, scene);
    group.setAttribute("role", kind === "source" ? "img" : "button");
    const first = label.at[0] + 1;
    group.setAttribute("aria-label", `${kind === "source" ? "source piece" : "written at step"} ${first}: ${label.text}`);
    group.dataset.testid = `${kind}-${i}`;
    if (joined(labels, i)) {
      const before = (kind === "source" ? plan.source : plan.target).x[i - 1] - x;
      svg("path", { class: "tie", d: `M${before + widths[i - 1] / 2} 0H${-widths[i] / 2}` }, group);
    }
    svg("rect", { x: -widths[i] / 2, y: -17, width: widths[i], height: 34, rx: 7 }, group);
    svg("text", { y: 6 }, group).textContent = label.text;
    group.addEventListener("pointerenter", () => store.focus({ [kind]: label.at[0] }));
    group.addEventListener("pointerleave", () => store.focus(null));
    group.addEventListener("focus", () => store.focus({ [kind]: label.at[0] }));
    group.addEventListener("blur", () => store.focus(null));
    const last = label.at.at(-1) + 1;
    if (kind === "target") group.addEventListener("click", () => store.goTo(last));
    group.addEventListener("keydown", (event) => {
      if (kind !== "target" || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      event.stopPropagation();
      store.goTo(last);
    });
    return group;
  }

  rove(scene, () => {
    const active = document.activeElement;
    return parts.source.includes(active) ? parts.source : parts.output.filter((node) => !node.style.visibility);
  });

  /** Draw the stage at `step` (0: the encoder works) and `phase` 0..1. Within a step only its own parts change. */
  function draw(step, phase) {
    const moved = step !== drawn;
    drawn = step;
    if (moved || step === 0) encoder.draw(step === 0 ? phase : 1);
    if (moved) parts.states.forEach((_, t) => drawColumn(t, step, phase));
    else if (step > 0) drawColumn(units.unitOf(step), step, phase);
    arcs.draw(step, phase, moved);
    if (moved) light(step);
  }

  /** Draw the decoder state of column `t` and its text, which moves up from the state to the output. */
  function drawColumn(t, step, phase) {
    const at = units.isCurrent(t, step);
    const amount = units.progress(t, step, phase);
    const reached = part(amount, 0, 0.12);
    const written = part(amount, 0.72, 0.92);
    const state = parts.states[t];
    const piece = parts.output[t];
    const move = parts.moves[t];
    state.style.opacity = reached;
    const overlaps = move && move.classList.contains("rail") && !at; // rails cover each other, so only the current one is drawn
    if (move) showMove(move, overlaps ? 0 : reached);
    state.classList.toggle("current", at);
    piece.style.opacity = Math.min(1, written * 2);
    piece.style.visibility = written ? "" : "hidden"; // hidden also from the keyboard
    const y = plan.rows.output + (1 - written) * (plan.rows.decoder - plan.rows.output);
    piece.setAttribute("transform", `translate(${plan.target.x[t]} ${y})`);
    piece.classList.toggle("current", at);
    piece.setAttribute("aria-hidden", String(!written));
  }

  /** Show the weights below the source, and highlight the piece under the pointer or focus. */
  function light(step) {
    const focus = store.focused;
    const shown = focus && focus.target !== undefined ? focus.target + 1 : step;
    const weights = shown > 0 ? units.target[units.unitOf(shown)].attention : null;
    parts.source.forEach((node, i) => {
      const { at, kind } = units.source[i];
      const weight = weights ? weights[i] : 0;
      node.style.setProperty("--share", weight.toFixed(3));
      node.classList.toggle("read", weight >= READ);
      node.classList.toggle("strong", weight > STRONG && kind !== "end");
      if (weights) parts.weights[i].textContent = weight >= 0.05 ? weight.toFixed(2) : "";
      node.classList.toggle("lit", Boolean(focus && at.includes(focus.source)));
    });
    parts.output.forEach((node, t) => node.classList.toggle("lit", Boolean(focus && units.target[t].at.includes(focus.target))));
    scene.classList.toggle("dimmed", Boolean(focus));
    arcs.light(focus);
  }

  /** If the sentence is wider than the stage, scroll to the current step and the source piece with its largest weight. */
  function follow(step, smooth) {
    if (!plan || plan.width <= scroller.clientWidth + 1) return;
    let x = plan.source.x[0];
    if (step > 0) {
      const t = units.unitOf(step);
      const weights = units.target[t].attention;
      const looked = weights ? plan.source.x[weights.indexOf(Math.max(...weights))] : plan.target.x[t];
      const room = scroller.clientWidth * 0.8;
      x = plan.target.x[t] + clamp((looked - plan.target.x[t]) / 2, -room / 2, room / 2);
    }
    const left = Math.max(0, x - scroller.clientWidth / 2);
    scroller.scrollTo({ left, behavior: smooth ? "smooth" : "auto" });
  }

  return { build, draw, light, follow, get width() { return scroller.clientWidth; } };
}
