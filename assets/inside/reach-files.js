// How far back as a file: the shares of all models for one piece.

import { fileButtons, saveCsv, saveDrawing } from "../lib/charts/files.js";
import { drawGrid } from "../lib/charts/grid-drawing.js";
import { percentText } from "../lib/charts/heat-table.js";
import { probabilityText } from "../lib/dom.js";

const MODE = "teacher-forced";

/** Return the buttons; `current()` is the payload on the page. */
export function reachFiles(current) {
  return fileButtons(["csv", "svg", "png"], (kind) => {
    const name = `reach-step-${current().step}`;
    if (kind === "csv") saveTable(current(), name);
    else saveDrawing(kind, draw(current()), name);
  });
}

/** Return what one row says: {side, position, text, share, norm} for each earlier piece. */
const cellsOf = ({ source, fed }, row) => [["source", source, row.source, row.source_norms], ["target", fed, row.fed, row.fed_norms]]
  .flatMap(([side, pieces, shares, norms]) => pieces.map(({ text }, i) => ({ side, position: i + 1, text, share: shares[i], norm: norms[i] })));

const sentenceOf = ({ link }) => new Map(link).get("text");

function saveTable(payload, name) {
  const { rows, steps, step, reference } = payload;
  const columns = ["model", "mode", "sentence", "translation", "step", "writes", "log-probability (nats)", "earlier piece of", "position",
    "piece", "share of the gradient", "norm (nats per unit of embedding)"];
  saveCsv(name, columns, rows.flatMap((row) => cellsOf(payload, row).map(({ side, position, text, share, norm }) => [
    row.model, MODE, sentenceOf(payload), reference, step, steps[step - 1].text, row.log_prob, side, position, text, share, norm])));
}

function draw(payload) {
  const { rows, source, fed, steps, step, reference, most } = payload;
  const piece = steps[step - 1].text;
  return drawGrid({
    title: `How far back does “${piece}” reach? (step ${step})`,
    notes: [
      `Sentence: ${sentenceOf(payload)}`,
      `Translation that all models are fed (${MODE}): ${reference}`,
      `Models: ${rows.map(({ model }) => model).join(", ")}.`,
      `Each number is the share of the norm of the gradient of log p(“${piece}”), by earlier piece: blue are the source pieces, orange what the decoder was fed.`,
    ],
    columns: [
      ...source.map(({ text }) => ({ text, kind: "source" })),
      ...fed.map(({ text }, i) => ({ text, kind: "target", apart: !i })),
    ],
    rows: rows.map(({ title, log_prob: logProb }) => ({ text: `${title.replace(" encoder-decoder", "")}, p = ${probabilityText(Math.exp(logProb))}` })),
    cells: rows.map((row) => cellsOf(payload, row).map(({ text, share, norm }) => ({
      share: share / most, about: `${text}: ${percentText(share)}, norm ${norm}`, text: percentText(share) }))),
  });
}
