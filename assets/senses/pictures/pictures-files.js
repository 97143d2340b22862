// The view Pictures as files: a row for each word and place, and a sheet with a small picture for each word (as in Xu et al. 2015, figure 2).

import { fileButtons, FILE_FONT, saveCsv, saveDrawing, sheet, WIDEST, write } from "../../lib/charts/files.js";
import { PAPER } from "../../lib/charts/shade.js";
import { svg, textWidth } from "../../lib/dom.js";
import { DELETION, equationOf, lightOf, lossText, markedOf } from "../light.js";
import { DARK, ringOn } from "./pictures-canvas.js";

const [TILE, GAP, LINE] = [136, 20, 22]; // px: side of a picture, room between two, height of a line of text
const MODE = "free-running (greedy)";

/** Return the buttons; `store` has the payload. */
export function picturesFiles(store) {
  return fileButtons(["csv", "svg", "png"], (kind) => {
    const { payload } = store;
    const name = `picture-${payload.model.name}-${payload.light}`;
    if (kind === "csv") saveTable(payload, name);
    else saveDrawing(kind, draw(payload), name);
  });
}

const givenOf = ({ link }) => new Map(link).get("scene") ?? "own picture";

function saveTable(payload, name) {
  const { model, steps, places, light } = payload;
  const deleted = light === DELETION ? ["loss without the place and its neighbours (nats)"] : [];
  const columns = ["model", "picture", "mode", "step", "word", "probability", "row", "column", "attention weight", ...deleted];
  const side = Math.round(Math.sqrt(places.length));
  saveCsv(name, columns, steps.flatMap(({ text, p, weights, losses }, t) => places.map((_, i) => [
    model.name, givenOf(payload), MODE, t + 1, text, p, Math.floor(i / side) + 1, (i % side) + 1, weights[i], ...(losses ? [losses[i]] : [])])));
}

function draw(payload) {
  const { model, steps, text, light } = payload;
  const shown = light === DELETION
    ? "Light: what a word loses, in nats, when a place and its neighbours get the mean colour of the picture; relative to its largest loss, " +
      "which stands below. Ring: attention’s heaviest place."
    : "Light: attention weights, relative to the heaviest place of each word, whose weight stands below.";
  const notes = [`${model.title} (${model.name}), ${MODE}.`, `Picture: ${givenOf(payload)}`, `Sentence: ${text}`, `${shown} p is the probability of the word.`];
  const tiles = [{ lines: ["the picture"] }, ...steps.map((step) => ({ step, lines: [step.text, equationOf(step), most(step)] }))];
  const each = Math.min(tiles.length, Math.floor((WIDEST + GAP) / (TILE + GAP)));
  const high = TILE + 3 * LINE + GAP;
  const { drawing, left, top } = sheet("A picture, word by word", notes, each * (TILE + GAP) - GAP, Math.ceil(tiles.length / each) * high);
  for (const [i, { step, lines }] of tiles.entries()) {
    const [x, y] = [left + (i % each) * (TILE + GAP), top + Math.floor(i / each) * high];
    picture(drawing, payload, step, x, y);
    for (const [n, line] of lines.entries()) {
      const fill = n ? PAPER["ink-soft"] : PAPER[step ? "target" : "ink-soft"];
      write(drawing, x + TILE / 2, y + TILE + LINE * (n + 1) - 4, line, { "text-anchor": "middle", fill, "font-weight": n || !step ? 400 : 600, ...fitting(line) });
    }
  }
  return drawing;
}

const most = ({ losses, weights }) => (losses ? `loses ${lossText(Math.max(...losses))} nats` : `weight ${Math.max(...weights).toFixed(2)}`);

/** A word that is wider than its picture is drawn narrower. */
const fitting = (line) => (textWidth(line, `600 16px ${FILE_FONT}`) > TILE + GAP / 2 ? { textLength: TILE, lengthAdjust: "spacingAndGlyphs" } : {});

function picture(drawing, { media, places }, step, x, y) {
  svg("image", { href: media, x, y, width: TILE, height: TILE, "image-rendering": "pixelated" }, drawing);
  if (!step) return;
  const boxes = places.map(([l, t, r, b]) => ({ x: x + l * TILE, y: y + t * TILE, width: (r - l) * TILE, height: (b - t) * TILE }));
  const dark = svg("g", { "shape-rendering": "crispEdges" }, drawing);
  for (const [i, share] of lightOf(step).entries()) svg("rect", { ...boxes[i], "fill-opacity": (DARK * (1 - share)).toFixed(3) }, dark);
  const marked = markedOf(step);
  if (marked === null) return;
  const { cx, cy, r } = ringOn(places[marked], TILE);
  for (const [stroke, width] of [[PAPER.ink, 3.5], [PAPER.surface, 1.7]]) {
    svg("circle", { cx: x + cx, cy: y + cy, r, fill: "none", stroke, "stroke-width": width }, drawing);
  }
}
