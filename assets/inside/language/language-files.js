// The decoder alone as files: the sentences piece by piece, and the bits of one sentence under three conditions.

import { fileButtons, saveCsv, saveDrawing, sheet, write } from "../../lib/charts/files.js";
import { drawGrid } from "../../lib/charts/grid-drawing.js";
import { PAPER } from "../../lib/charts/shade.js";
import { probabilityText, svg } from "../../lib/dom.js";
import { BITS, inUnit } from "./products.js";

const KINDS = ["csv", "svg", "png"];
const MODE = "teacher-forced";
const ROW = 28; // px
const [PIECE, NUMBER, BAR, LIKELIEST, WIDTH] = [44, 300, 320, 540, 1060]; // px: where each column begins or, of numbers, ends

const named = ({ title, name }) => `${title} (${name})`;

/** Return the buttons of the sentences; `store` has the payload and the unit that is shown. */
export function sentenceFiles(store) {
  return fileButtons(KINDS, (kind) => {
    const name = `sentences-${store.payload.model.name}`;
    if (kind === "csv") saveSentences(store.payload, name);
    else saveDrawing(kind, drawSentences(store.payload, store.unit), name);
  });
}

function saveSentences({ model, lanes }, name) {
  const columns = ["model", "mode", "sentence", "step", "piece", "probability", "log-probability (nats)", "surprise (bits)", "rank", "sum (nats)", "likeliest"];
  saveCsv(name, columns, lanes.flatMap(({ text, steps }) => steps.map((step, t) => [
    model.name, MODE, text, t + 1, step.text, Math.exp(step.log_prob), step.log_prob, -step.log_prob * BITS, step.rank, step.total,
    step.likeliest.map((other) => `${other.text} ${other.p.toFixed(4)}`).join("; "),
  ])));
}

function drawSentences({ model, lanes, shared, verdict }, unit) {
  const what = unit === "p" ? "probability" : `surprise, ${unit}`;
  const notes = [`${named(model)}, ${MODE}. Unit: ${what}. Bars: surprise, on one scale. Right: the likeliest pieces at this step.`, verdict];
  const height = lanes.reduce((sum, { steps }) => sum + (steps.length + 3) * ROW, 0);
  const { drawing, left, top } = sheet("How likely is a sentence, piece by piece?", notes, WIDTH, height);
  const most = Math.max(...lanes.flatMap(({ steps }) => steps.map((step) => -step.log_prob))) || 1;
  let y = top;
  for (const { text, steps } of lanes) {
    write(drawing, left, y + 18, text, { fill: PAPER.target, "font-weight": 600, "font-size": 17 });
    y += ROW;
    for (const [t, step] of steps.entries()) {
      const fill = t === shared ? PAPER.alarm : PAPER.ink;
      write(drawing, left, y + 18, String(t + 1), { fill: PAPER["ink-soft"] });
      write(drawing, left + PIECE, y + 18, step.text, { fill, "font-weight": 600 });
      write(drawing, left + NUMBER, y + 18, inUnit(step.log_prob, unit), { fill, "text-anchor": "end" });
      const bar = { x: left + BAR, y: y + 5, width: (LIKELIEST - BAR - 20) * (-step.log_prob / most), height: ROW - 10 };
      svg("rect", { ...bar, fill: t === shared ? PAPER.alarm : PAPER.weight, "fill-opacity": 0.6 }, drawing);
      const likeliest = step.likeliest.slice(0, 3).map((other) => `“${other.text}” ${probabilityText(other.p)}`).join("  ");
      write(drawing, left + LIKELIEST, y + 18, likeliest, { fill: PAPER["ink-soft"] });
      y += ROW;
    }
    const total = `${unit === "p" ? "product" : "sum"}: ${inUnit(steps.at(-1).total, unit)}${unit === "p" ? "" : ` ${unit}`}`;
    write(drawing, left + NUMBER, y + 18, total, { "font-weight": 700, "text-anchor": "end" });
    y += 2 * ROW;
  }
  return drawing;
}

/** Return the buttons of the comparison of sources; `current()` is the payload on the page. */
export function worthFiles(current) {
  return fileButtons(KINDS, (kind) => {
    const { model, worth } = current();
    const name = `worth-${worth.translator.name}`;
    if (kind === "csv") saveWorth(model, worth, name);
    else saveDrawing(kind, drawWorth(model, worth), name);
  });
}

/** The first condition is the language model's, the others are the translation model's. */
const modelOf = (model, worth, condition) => (condition ? worth.translator : model);

function saveWorth(model, worth, name) {
  const columns = ["condition", "model", "mode", "source", "sentence", "bits a piece, mean", "step", "piece", "surprise (bits)"];
  saveCsv(name, columns, worth.rows.flatMap(({ title, source, bits, steps }, k) => steps.map((value, t) => [
    title, modelOf(model, worth, k).name, MODE, source, worth.target, bits, t + 1, worth.pieces[t].text, value])));
}

function drawWorth(model, worth) {
  const most = Math.max(...worth.rows.flatMap(({ steps }) => steps)) || 1;
  return drawGrid({
    title: "What is a source worth?",
    notes: [
      `Sentence: ${worth.target}`, `Its own source: ${worth.source}`, `Somebody else's source: ${worth.stranger}`,
      `Without a source: ${named(model)}. With a source: ${named(worth.translator)}. All ${MODE}.`,
      `Each number is the surprise of one piece in bits; the first column is the mean. ${worth.says}`,
    ],
    columns: [{ text: "bits a piece" }, ...worth.pieces.map(({ text }, i) => ({ text, kind: "target", apart: !i }))],
    rows: worth.rows.map(({ title }) => ({ text: title })),
    cells: worth.rows.map(({ title, bits, steps }) => [
      { share: 0, about: `${title}, mean: ${bits} bits a piece`, text: bits.toFixed(2) },
      ...steps.map((value, t) => ({ share: value / most, about: `${worth.pieces[t].text}: ${value} bits`, text: value.toFixed(1) })),
    ]),
  });
}
