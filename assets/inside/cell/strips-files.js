// The gates of a layer as a file: what the strips show, on white paper.

import { fileButtons, saveCsv, saveDrawing, sheet, WIDEST, write } from "../../lib/charts/files.js";
import { PAPER, shades } from "../../lib/charts/shade.js";
import { logText, svg, textWidth } from "../../lib/dom.js";
import { bytesOf, column } from "./strips.js";

const [HEAD, STEP, STRIP, LINE, BLOCK] = [180, 68, 76, 28, 20]; // px: width of the names, a step; height of a strip, a line, a gap
const plus = shades(PAPER);
const minus = shades({ ...PAPER, weight: PAPER.alarm });
const MODE = "free-running (greedy)";

/** Return the buttons; `store` has the payload, and which values of it are shown. */
export function stripsFiles(store) {
  return fileButtons(["csv", "svg", "png"], (kind) => {
    const name = `gates-${store.payload.model.name}-${store.payload.layer}`;
    if (kind === "csv") saveTable(store.payload, name);
    else saveDrawing(kind, draw(store.payload, store.mode), name);
  });
}

const sentenceOf = ({ link }) => new Map(link).get("text");

function saveTable(payload, name) {
  const { model, layer, strips, unit, reads, writes, text, says_hold: held } = payload;
  const about = { model: model.name, layer, mode: MODE, sentence: sentenceOf(payload), translation: text, held };
  const columns = [...Object.keys(about), "step", "reads", "writes",
    ...strips.flatMap(({ name, signed }) => [`${name}, mean${signed ? " size" : ""}`, `${name}, unit ${unit.number + 1}`])];
  saveCsv(name, columns, reads.map((piece, t) => [...Object.values(about), t + 1, piece.text, writes ? writes[t].text : "",
    ...strips.flatMap(({ name, means }) => [means[t], unit.values[name][t]])]));
}

function draw(payload, mode) {
  const { reads, writes, strips, units, unit, order, layers, layer, text, says_hold: held, model } = payload;
  const gated = strips.length > 1; // a plain RNN has no gate
  const shown = {
    all: `All ${units} units, one row each; on top is the one that ${gated ? "remembers longest" : "changes least"}. The orange line is unit ` +
      `${unit.number + 1}. ${gated ? "A gate: 0 is white, 1 is dark. Candidate and output" : "Output"}: −1 is red, 0 is white, 1 is blue.`,
    mean: `Mean of ${units} units, from 0 to 1; for ${gated ? "the candidate and the output" : "the output"}, the mean of their sizes.`,
    one: `Unit ${unit.number + 1} of ${units}. ${gated ? "Gates are from 0 to 1, candidate and output" : "The output is"} from −1 to 1.`,
  }[mode];
  const notes = [`${model.title} (${model.name}), ${MODE}.`, `Sentence: ${sentenceOf(payload)}`, `Translation: ${text}`, ...(held ? [held] : []),
    shown];
  const step = Math.max(STEP, ...[...reads, ...(writes || [])].map((piece) => textWidth(piece.text, "600 16px system-ui, sans-serif") + 10));
  const each = Math.max(1, Math.floor((WIDEST - HEAD) / step)); // steps side by side; more continue below
  const high = strips.length * (STRIP + 4) + (writes ? 2 : 1) * LINE + BLOCK;
  const title = `The gates of ${layers.find(({ name }) => name === layer).title}`;
  const { drawing, left, top } = sheet(title, notes, HEAD + Math.min(each, reads.length) * step, Math.ceil(reads.length / each) * high);
  const rank = (order.indexOf(unit.number) + 0.5) / units;
  const place = (t) => [left + HEAD + (t % each) * step, top + Math.floor(t / each) * high];
  for (let t = 0; t < reads.length; t += each) names(drawing, payload, left, place(t)[1]);
  for (const [t, piece] of reads.entries()) {
    const [x, y] = place(t);
    const middle = { "text-anchor": "middle", "font-weight": 600 };
    write(drawing, x + step / 2, y + 18, piece.text, { ...middle, fill: writes ? PAPER.target : PAPER.source });
    for (const [k, strip] of strips.entries()) {
      const box = { x, y: y + LINE + k * (STRIP + 4), width: step - 2, height: STRIP };
      svg("rect", { ...box, fill: "none", stroke: PAPER.line }, drawing);
      if (mode === "all") {
        svg("image", { ...box, href: column(payload, strip, bytesOf(strip), t, plus, minus).toDataURL(), preserveAspectRatio: "none" }, drawing);
        svg("path", { d: `M${x} ${box.y + rank * STRIP}h${box.width}`, stroke: PAPER.frame, "stroke-width": 1.5 }, drawing);
      } else bar(drawing, box, strip, mode === "one" ? unit.values[strip.name][t] : strip.means[t], mode === "one");
    }
    if (writes) write(drawing, x + step / 2, y + high - BLOCK - 10, writes[t].text, { ...middle, fill: PAPER.target });
  }
  return drawing;
}

/** Write the names of the rows in front of a block of steps. */
function names(drawing, { strips, writes }, x, y) {
  const soft = { fill: PAPER["ink-soft"] };
  write(drawing, x, y + 18, "reads", soft);
  for (const [k, { title, low, high }] of strips.entries()) {
    const down = y + LINE + k * (STRIP + 4) + 20;
    write(drawing, x, down, title);
    if (low) [`0: ${low}`, `1: ${high}`].forEach((text, i) => write(drawing, x, down + 20 * (i + 1), text, soft));
  }
  if (writes) write(drawing, x, y + LINE + strips.length * (STRIP + 4) + 18, "writes", soft);
}

function bar(drawing, { x, y, width, height }, { signed }, value, one) {
  const [zero, room] = signed && one ? [y + height / 2, height / 2] : [y + height, height];
  const size = Math.abs(value) * room;
  const colour = value < 0 ? PAPER.alarm : PAPER.weight;
  svg("rect", { x, y: value < 0 ? zero : zero - size, width, height: size, fill: colour, "fill-opacity": 0.4 }, drawing);
  write(drawing, x + width / 2, y + height - 7, logText(value), { "text-anchor": "middle" });
}
