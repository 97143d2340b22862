// A table of shaded cells as a drawing on paper: the attention of a sentence, or rows of numbers under pieces.

import { svg, textWidth } from "../dom.js";
import { FILE_FONT, sheet, WIDEST, write } from "./files.js";
import { hex, PAPER, shades, STRONG } from "./shade.js";

const CELL = 30;
const NUMBERED = 56; // width of a cell with its number
const APART = 24; // between columns of different kinds
const BLOCK = 20; // between the blocks of a table that is cut, because a page is not endless
const FONT = `16px ${FILE_FONT}`;
const MIDDLE = { "dominant-baseline": "middle" };
const colourOf = shades(PAPER);

/**
 * Return an <svg>. `columns` and `rows` are {text, kind}: `kind` is source or target and gives the colour. `cells` has for each row
 * its cells, {share, about, text}: the shade from 0 to 1, a description, and the number to print, if any. A column that is `apart`
 * stands apart from those before. Cells with numbers are wide, so such a table continues below where it is wider than a page.
 */
export function drawGrid({ title, notes = [], columns, rows, cells }) {
  const numbered = cells.flat().some(({ text }) => text);
  const widest = (entries) => Math.max(...entries.map(({ text }) => textWidth(text, FONT)));
  const [side, head, across] = [widest(rows) + 8, widest(columns) + 16, numbered ? NUMBERED : CELL];
  const block = head + rows.length * CELL + BLOCK;
  const places = []; // of each column: [x, y] of its head
  for (const { apart } of columns) {
    const [x, y] = places.length ? [places.at(-1)[0] + across + (apart ? APART : 0), places.at(-1)[1]] : [side, 0];
    places.push(numbered && x + across > WIDEST ? [side, y + block] : [x, y]);
  }
  const wide = Math.max(...places.map(([x]) => x)) + across;
  const { drawing, left, top } = sheet(title, notes, wide, places.at(-1)[1] + block - BLOCK);
  const fill = ({ kind }) => ({ fill: PAPER[kind] || PAPER.ink });
  for (const y of new Set(places.map(([, down]) => top + down + head))) {
    rows.forEach((row, j) => write(drawing, left + side - 8, y + (j + 0.5) * CELL, row.text, { ...fill(row), ...MIDDLE, "text-anchor": "end" }));
  }
  for (const [i, column] of columns.entries()) {
    const [x, y] = [left + places[i][0], top + places[i][1] + head];
    const [cx, cy] = [x + across / 2, y - 8];
    write(drawing, cx, cy, column.text, { ...fill(column), ...MIDDLE, transform: `rotate(-90 ${cx} ${cy})` });
    for (const [j, { [i]: { share, about, text } }] of cells.entries()) {
      const box = { x, y: y + j * CELL, width: across - 1, height: CELL - 1, fill: hex(colourOf(share)), stroke: PAPER.grid, "stroke-width": 0.5 };
      svg("title", {}, svg("rect", box, drawing)).textContent = about;
      const ink = { fill: share > STRONG ? PAPER.surface : PAPER.ink, "text-anchor": "middle" };
      if (text) write(drawing, cx, y + (j + 0.5) * CELL, text, { ...MIDDLE, ...ink });
    }
  }
  return drawing;
}
