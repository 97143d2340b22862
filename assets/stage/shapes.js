// Shapes of the stage: a state as a box of bars, and the lines between states.

import { svg } from "../lib/dom.js";
import { STATE, statePath } from "./layout.js";

export function drawState(parent, x, y, values, scale, kind) {
  const group = svg("g", { class: `state ${kind}`, transform: `translate(${x} ${y})` }, parent);
  svg("rect", { x: -STATE.width / 2, y: -STATE.height / 2, width: STATE.width, height: STATE.height, rx: 5 }, group);
  svg("path", { class: "axis", d: `M${-STATE.width / 2 + 2} 0H${STATE.width / 2 - 2}` }, group);
  svg("path", { class: "bars", d: statePath(values, scale) }, group);
  return group;
}

/** An arrow between neighbours: a recurrent state passed on. */
export function drawMove(parent, from, to, y, kind) {
  const room = STATE.width / 2 + 2;
  const way = Math.sign(to - from);
  const d = `M${from + way * room} ${y}H${to - way * room}`;
  return svg("path", { class: `move ${kind}`, d, pathLength: 1, "marker-end": `url(#tip-${kind})` }, parent);
}

/** Draw a move or a rail up to `amount`, 0..1. */
export function showMove(line, amount) {
  line.style.opacity = amount;
  if (line.classList.contains("move")) line.style.strokeDashoffset = 1 - amount;
}

/** Return the path of a line at `y` through all columns of `x`, with a branch from each to the height `leave`. */
export const rail = (x, leave, y) => `M${x[0]} ${y}H${x.at(-1)}` + x.map((each) => `M${each} ${leave}V${y}`).join("");

/** Return the path of a curve from one row up to another, vertical at both ends. */
export function curve(x1, y1, x2, y2) {
  const bend = (y1 - y2) * 0.55;
  const [from, to] = [x1.toFixed(1), x2.toFixed(1)];
  return `M${from} ${y1}C${from} ${(y1 - bend).toFixed(1)} ${to} ${(y2 + bend).toFixed(1)} ${to} ${y2}`;
}

/** Define the arrow tips. */
export function defineMarks(scene) {
  const defs = svg("defs", {}, scene);
  for (const [kind, side] of [["source", 6], ["target", 6], ["handed", 4.5]]) {
    const size = { viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: side, markerHeight: side, orient: "auto" };
    const marker = svg("marker", { id: `tip-${kind}`, ...size }, defs);
    svg("path", { d: "M0 0L8 4L0 8z", class: `tip ${kind}` }, marker);
  }
}
