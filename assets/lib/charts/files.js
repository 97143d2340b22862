// What all pictures share when they become files: the buttons, CSV, and a white sheet whose head says what is drawn on it. Labels
// are written as text, never as markup.

import { html, saveFile, svg, SVG, textWidth } from "../dom.js";
import { PAPER } from "./shade.js";

export const FILE_FONT = "system-ui, sans-serif";
const EDGE = 16; // px of white around a drawing
const LINE = 24; // px from line to line of the head
const ON_PAPER = 2; // pixels of a PNG per unit of the drawing
export const WIDEST = 1100; // of a page: longer lines of a head are cut, and wide tables

/** Return a line of buttons, one for each kind of file; `save(kind)` saves it. */
export function fileButtons(kinds, save) {
  const line = html("p", "files hint", "Save as ");
  for (const kind of kinds) {
    const button = line.appendChild(html("button", "text-button", kind.toUpperCase()));
    button.type = "button";
    button.dataset.file = kind;
    button.addEventListener("click", () => save(kind));
  }
  return line;
}

/** Save rows of words and numbers under their column names. */
export function saveCsv(name, columns, rows) {
  const safe = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text); // a spreadsheet must not read a word as a formula
  const field = (value) => (typeof value === "number" ? value : `"${safe(String(value)).replaceAll('"', '""')}"`);
  const lines = [columns, ...rows].map((cells) => cells.map(field).join(","));
  saveFile(`${name}.csv`, `\ufeff${lines.join("\r\n")}\r\n`, "text/csv;charset=utf-8");
}

/** Return a white <svg>, which needs no style of the page, and the place of its content of this size below a title and notes. */
export function sheet(title, notes, width, height) {
  const room = Math.max(width, Math.min(WIDEST, Math.max(...[title, ...notes].map((text) => textWidth(text, `17px ${FILE_FONT}`)))));
  const lines = [[title, PAPER.ink, 17], ...notes.map((note) => [note, PAPER["ink-soft"], 16])]
    .flatMap(([text, fill, size]) => wrapped(text, room, `${size}px ${FILE_FONT}`).map((line) => [line, fill, size]));
  const top = EDGE + lines.length * LINE + EDGE / 2;
  const size = { width: Math.ceil(room + 2 * EDGE), height: Math.ceil(top + height + EDGE) };
  const drawing = svg("svg", { xmlns: SVG, ...size, viewBox: `0 0 ${size.width} ${size.height}`, "font-family": FILE_FONT, "font-size": 16 });
  svg("title", {}, drawing).textContent = title;
  svg("rect", { ...size, fill: PAPER.surface }, drawing);
  lines.forEach(([text, fill, size], i) => write(drawing, EDGE, EDGE + i * LINE + 14, text, { fill, "font-size": size }));
  return { drawing, left: EDGE, top };
}

/** Cut a text into lines of at most `width`, between words where that is possible. */
function wrapped(text, width, font) {
  const lines = [""];
  for (const word of text.split(/(?<= )/)) {
    if (textWidth(lines.at(-1) + word.trimEnd(), font) <= width) lines[lines.length - 1] += word;
    else {
      if (lines.at(-1)) lines.push("");
      for (const character of word) {
        if (textWidth(lines.at(-1) + character, font) > width) lines.push("");
        lines[lines.length - 1] += character;
      }
    }
  }
  return lines.map((line) => line.trimEnd());
}

export function write(parent, x, y, text, attributes = {}) {
  svg("text", { x, y, fill: PAPER.ink, ...attributes }, parent).textContent = text;
}

/** Save a drawing as `kind`: svg or png. */
export function saveDrawing(kind, drawing, name) {
  const text = new XMLSerializer().serializeToString(drawing);
  if (kind === "svg") return saveFile(`${name}.svg`, text, "image/svg+xml");
  const image = new Image();
  image.onload = () => {
    const canvas = html("canvas");
    [canvas.width, canvas.height] = ["width", "height"].map((side) => ON_PAPER * Number(drawing.getAttribute(side)));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    saveFile(`${name}.png`, canvas.toDataURL("image/png"));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
