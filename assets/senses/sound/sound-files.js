// The view Sound as files: a row for each word and position, and a sheet with the spectrogram and, below it, one line for each word.

import { fileButtons, saveCsv, saveDrawing, sheet, write } from "../../lib/charts/files.js";
import { PAPER } from "../../lib/charts/shade.js";
import { svg } from "../../lib/dom.js";
import { DELETION, equationOf, lightOf, lossText, markedOf } from "../light.js";

const [NAMES, ROOM, PICTURE, ROW, LINE] = [190, 140, 130, 36, 24]; // px: columns beside the time axis; heights
const SECOND = 90; // px, within the limits of a sheet
const MODE = "free-running (greedy)";

/** Return the buttons; `store` has the payload. */
export function soundFiles(store) {
  return fileButtons(["csv", "svg", "png"], (kind) => {
    const { payload } = store;
    const name = `sound-${payload.model.name}-${payload.light}`;
    if (kind === "csv") saveTable(payload, name);
    else saveDrawing(kind, draw(payload), name);
  });
}

const givenOf = ({ link }) => new Map(link).get("say") ?? "own sound";
const modeOf = ({ link }) => (new Map(link).has("window") ? `${MODE}, with a window` : MODE);
const named = ({ text, kind }) => (kind === "end" ? "end mark" : text);

function saveTable(payload, name) {
  const { model, steps, places, seconds, light } = payload;
  const deleted = light === DELETION ? ["loss without the position and its neighbours (nats)"] : [];
  const columns = ["model", "sound", "mode", "step", "word", "probability", "from (s)", "to (s)", "attention weight", ...deleted];
  const edge = (i) => Number(((i * seconds) / places).toFixed(2));
  saveCsv(name, columns, steps.flatMap((step, t) => step.weights.map((weight, i) => [
    model.name, givenOf(payload), modeOf(payload), t + 1, named(step), step.p, edge(i), edge(i + 1), weight, ...(step.losses ? [step.losses[i]] : [])])));
}

function draw(payload) {
  const { model, media, steps, places, seconds, spoken, text, light } = payload;
  const shown = light === DELETION
    ? "Bars: what a word loses, in nats, when 0.25 s around a position are silent; relative to its largest loss, which stands on the right. " +
      "Dashed: attention’s heaviest position."
    : "Bars: attention weights, relative to the heaviest position of each word, whose weight stands on the right.";
  const notes = [`${model.title} (${model.name}), ${modeOf(payload)}.`, `Sound: ${givenOf(payload)}`, `It writes: ${text || "nothing"}`,
    `${shown} p is the probability of the word.`];
  const width = Math.min(740, Math.max(560, seconds * SECOND));
  const above = spoken ? LINE : 0;
  const high = above + PICTURE + steps.length * ROW + 2 * LINE;
  const { drawing, left, top } = sheet("A sound, word by word", notes, NAMES + width + ROOM, high);
  const begin = left + NAMES;
  const at = (moment) => begin + (moment / seconds) * width;
  const soft = { fill: PAPER["ink-soft"] };
  for (const { text: word, start, end } of spoken || []) {
    write(drawing, at((start + end) / 2), top + 14, word, { "text-anchor": "middle", fill: PAPER.source });
    svg("path", { d: `M${at(start)} ${top + LINE - 3}H${at(end)}`, stroke: PAPER.source, "stroke-width": 3 }, drawing);
  }
  if (spoken) write(drawing, left, top + 14, "the voice says", soft);
  svg("image", { href: media, x: begin, y: top + above, width, height: PICTURE, preserveAspectRatio: "none" }, drawing);
  write(drawing, left, top + above + 16, "spectrogram,", soft);
  write(drawing, left, top + above + 38, "high tones on top", soft);
  for (const [t, step] of steps.entries()) {
    const bottom = top + above + PICTURE + (t + 1) * ROW;
    write(drawing, left, bottom - 6, named(step), { fill: PAPER.target, "font-weight": 600 });
    write(drawing, begin - 12, bottom - 6, equationOf(step), { ...soft, "text-anchor": "end" });
    svg("path", { d: `M${begin} ${bottom}h${width}`, stroke: PAPER.line }, drawing);
    const wide = width / places;
    for (const [i, share] of lightOf(step).entries()) {
      const height = share * (ROW - 6);
      if (height > 0.05) svg("rect", { x: begin + i * wide, y: bottom - height, width: wide, height, fill: PAPER.weight }, drawing);
    }
    const marked = markedOf(step);
    const box = { x: begin + marked * wide, y: bottom - ROW + 6, width: wide, height: ROW - 6 };
    if (marked !== null) svg("rect", { ...box, fill: "none", stroke: PAPER.frame, "stroke-width": 2, "stroke-dasharray": "3 2" }, drawing);
    const most = step.losses ? `${lossText(Math.max(...step.losses))} nats` : `weight ${Math.max(...step.weights).toFixed(2)}`;
    write(drawing, begin + width + 12, bottom - 6, most, soft);
  }
  axis(drawing, at, seconds, top + above + PICTURE + steps.length * ROW);
  return drawing;
}

function axis(drawing, at, seconds, y) {
  for (let second = 0; second <= seconds; second++) {
    svg("path", { d: `M${at(second)} ${y}v6`, stroke: PAPER["ink-soft"] }, drawing);
    write(drawing, at(second), y + 22, `${second} s`, { "text-anchor": "middle", fill: PAPER["ink-soft"] });
  }
}
