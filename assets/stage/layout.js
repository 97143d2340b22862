// Positions on the stage: one column per source position and per step, rows from the output (top) to the source (bottom).

import { clamp, readingOf, textWidth } from "../lib/dom.js";

export const ROW_NAMES = { forward: "encoder →", backward: "encoder ←", parallel: "encoder" };
export const STATE = { width: 42, height: 34 };
const COLUMN = { least: 58, most: 120, padding: 14, tie: 6, tight: 0.6 }; // tight: down to this scale a row is squeezed to fit
const FONT = { source: "18px system-ui, sans-serif", target: "600 18px system-ui, sans-serif" };

/** Return the columns of a row of labels: centres `x`, chip widths `w`. Pieces of one word are closer together than words. */
function columns(labels, available, font) {
  const chips = labels.map((label) => textWidth(label.text, font) + COLUMN.padding);
  const sum = (list) => list.reduce((total, width) => total + width, 0);
  const gap = (i) => (joined(labels, i + 1) ? COLUMN.tie / 2 : COLUMN.tie * 2);
  let widths = chips.map((width, i) => Math.max(COLUMN.least, width + gap(i)));
  const share = available / sum(widths);
  if (share < 1 && share >= COLUMN.tight) widths = widths.map((width, i) => Math.max(chips[i] + gap(i) / 2, STATE.width + 6, width * share));
  const taken = sum(widths);
  const spread = taken < available ? Math.min(COLUMN.most * labels.length, available) - taken : 0;
  const extra = Math.max(0, spread) / Math.max(1, labels.length);
  let edge = 0;
  const x = widths.map((width) => (edge += width + extra) - (width + extra) / 2);
  return { x, w: chips, total: edge };
}

/** Return whether piece `i` continues the word of the piece before it. */
export const joined = (labels, i) => i > 0 && i < labels.length && !labels[i].starts && labels[i].kind !== "end";

/** Return the y of each row: one row of states per direction of the encoder; a row of weights only if there is attention. */
function rowsOf(trace) {
  const encoder = trace.reading.order.map((_, k) => 246 + 44 * k);
  const source = encoder.at(-1) + 50;
  const below = readingOf(trace) === "attention" ? { weight: source + 36, height: source + 52 } : { height: source + 26 };
  return { output: 24, decoder: 80, arcTop: 102, arcBottom: 226, encoder, source, ...below };
}

/** Return both rows, centred in the widest of the two and the available width. `ends` is the last state of each direction. */
export function layout(units, trace, available) {
  const source = columns(units.source, available, FONT.source);
  const target = columns(units.target, available, FONT.target);
  const width = Math.max(available, source.total, target.total);
  for (const row of [source, target]) row.x = row.x.map((x) => x + (width - row.total) / 2);
  const rows = rowsOf(trace);
  const ends = trace.reading.order.map((order, k) => ({ x: order === "backward" ? source.x[0] : source.x.at(-1), y: rows.encoder[k] }));
  return { source, target, width, rows, ends };
}

/** Return the path of a state's summary: G bars up and down from the middle line, inside STATE, around (0, 0). */
export function statePath(values, scale) {
  const gap = STATE.width / values.length;
  const half = STATE.height / 2 - 3;
  return values
    .map((value, i) => {
      const height = clamp(value / scale, -1, 1) * half;
      const x = (i + 0.5) * gap - STATE.width / 2;
      return `M${x.toFixed(1)} 0v${(-(Math.abs(height) < 0.8 ? 0.8 : height)).toFixed(1)}`;
    })
    .join("");
}

/** Return the largest magnitude in some summaries: the value of a full bar. */
export const fullBar = (summaries) => Math.max(1e-6, ...summaries.flat().map(Math.abs));
