// Small helpers that all parts share. Text of visitors and models is only ever written as textContent, never as HTML.

export const SVG = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}, parent = null) {
  const node = document.createElementNS(SVG, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (parent) parent.appendChild(node);
  return node;
}

export function html(name, className = "", text = "") {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

/** Return the value of one of our components; null if it has nothing to show yet. */
export function payloadOf(props) {
  try {
    return JSON.parse(props.value);
  } catch {
    return null;
  }
}

/** Return whether a lesson hides or locks this control (see lesson.js). */
export const isFixed = (control) => (document.documentElement.dataset.fixed || "").split(" ").includes(control);

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Return the eased progress (0..1) within the interval [from, to] of a phase. */
export function part(phase, from, to) {
  const x = clamp((phase - from) / (to - from), 0, 1);
  return x * x * (3 - 2 * x);
}

/** Format a probability with two decimals, never as a false 0.00 or 1.00. */
export function probabilityText(p) {
  if (p < 0.005) return "< 0.01";
  return p > 0.995 ? "> 0.99" : p.toFixed(2);
}

/** Format a log-probability with a true minus sign. */
export const logText = (value) => (value < 0 ? "\u2212" : "") + Math.abs(value).toFixed(2);

/** Return how the decoder reads the source: by attention, by a fixed context vector, or only by its initial state. */
export function readingOf(trace) {
  if (trace.context) return "context";
  return trace.steps[0].attention ? "attention" : "handover";
}

const ruler = document.createElement("canvas").getContext("2d");

export function textWidth(text, font) {
  ruler.font = font;
  return ruler.measureText(text).width;
}

/** Save `content` (text, or a data: address) as a file named `name`. */
export function saveFile(name, content, type) {
  const link = document.createElement("a");
  const address = type ? URL.createObjectURL(new Blob([content], { type })) : content;
  link.href = address;
  link.download = name;
  link.click();
  if (type) setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Let arrow keys move within a row of controls that is one tab stop. `items` is called at each key, so the row may change. */
export function rove(row, items, onMove = () => {}) {
  row.addEventListener("keydown", (event) => {
    const list = items();
    const at = list.indexOf(event.target);
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (at < 0 || !step) return;
    event.preventDefault();
    event.stopPropagation();
    const next = list[clamp(at + step, 0, list.length - 1)];
    for (const item of list) item.setAttribute("tabindex", item === next ? "0" : "-1");
    next.focus();
    onMove(next);
  });
}
