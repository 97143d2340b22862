// The strips of a layer as a table: one column per step, one row per gate. A cell shows all units as a column of pixels, their
// mean, or one unit. `draw(step, phase)` shows the table up to that time.

import { clamp, html, logText, part } from "../../lib/dom.js";
import { endsOf, shades } from "../../lib/charts/shade.js";

/** `choose(unit)` is called with a unit from 1 after a click on its row, `goTo(step)` after a click on the head of a step. */
export function makeStrips(root, store, choose, goTo) {
  const table = root.querySelector(".cell-table");
  const scroller = root.querySelector(".cell-scroller");
  let columns = []; // the cells of each step, by place

  /** Return the place of a step (from 1) in the sentence: a backward layer reads the last piece first. */
  const placeOf = (step) => (store.payload.backward ? store.payload.reads.length - step : step - 1);

  function build() {
    const { reads, writes, strips } = store.payload;
    columns = reads.map(() => []);
    const lines = [line("reads", "", reads.map((piece, place) => readCell(piece, place)))];
    for (const strip of strips) {
      const head = strip.low ? `0: ${strip.low}, 1: ${strip.high}` : "";
      lines.push(line(strip.title, head, reads.map(() => html("td", "strip-cell")), strip.name));
    }
    if (writes) lines.push(line("writes", "", writes.map((piece) => chipCell(piece, "target"))));
    table.replaceChildren(...lines);
    fill();
  }

  function line(title, hint, cells, name = "") {
    const row = html("tr");
    const head = row.appendChild(html("th", "", title));
    head.scope = "row";
    if (hint) head.appendChild(html("small", "", hint));
    cells.forEach((cell, place) => {
      row.appendChild(cell);
      columns[place].push(cell);
    });
    if (name) row.dataset.strip = name;
    return row;
  }

  function chipCell(piece, role) {
    const cell = html("td", "piece");
    cell.appendChild(html("span", `${role} ${piece.kind}`, piece.text));
    return cell;
  }

  function readCell(piece, place) {
    const cell = html("td", "piece");
    const button = cell.appendChild(html("button", `${store.payload.writes ? "target" : "source"} ${piece.kind}`, piece.text));
    button.type = "button";
    button.addEventListener("click", () => goTo(store.payload.backward ? store.payload.reads.length - place : place + 1));
    return cell;
  }

  /** Draw the values of all strips again: another mode, another unit, or another theme. */
  function fill() {
    const ends = endsOf(root);
    const plus = shades(ends);
    const minus = shades({ ...ends, weight: getComputedStyle(root).getPropertyValue("--alarm").trim() });
    const rank = store.payload.order.indexOf(store.payload.unit.number);
    root.style.setProperty("--rank", `${((rank + 0.5) / store.payload.units) * 100}%`);
    root.dataset.mode = store.mode;
    store.payload.strips.forEach((strip) => {
      const cells = [...table.querySelectorAll(`[data-strip="${strip.name}"] td`)];
      const bytes = bytesOf(strip);
      cells.forEach((cell, place) => {
        if (store.mode === "all") cell.replaceChildren(pixels(bytes, place, strip, plus, minus));
        else cell.replaceChildren(bar(strip, place));
      });
    });
  }

  /** Return a column of pixels as tall as the cell; a click on a row chooses its unit. */
  function pixels(bytes, place, strip, plus, minus) {
    const { units, order } = store.payload;
    const canvas = column(store.payload, strip, bytes, place, plus, minus);
    canvas.addEventListener("click", (event) => {
      const row = Math.floor((event.offsetY / canvas.clientHeight) * units);
      choose(order[clamp(row, 0, units - 1)] + 1);
    });
    return canvas;
  }

  /** Return a bar from 0 to 1, or on both sides of 0 for signed values. A mean of signed values is the mean of their sizes. */
  function bar(strip, place) {
    const one = store.mode === "one";
    const value = one ? store.payload.unit.values[strip.name][place] : strip.means[place];
    const box = html("div", strip.signed && one ? "value signed" : "value");
    const ink = box.appendChild(html("span", value < 0 ? "ink minus" : "ink"));
    ink.style.setProperty("--size", Math.abs(value).toFixed(4));
    box.appendChild(html("span", "number", logText(value)));
    return box;
  }

  function draw(step, phase) {
    const count = columns.length;
    for (let s = 1; s <= count; s += 1) {
      const shown = s < step ? 1 : s > step ? 0 : part(phase, 0, 0.5);
      for (const cell of columns[placeOf(s)]) {
        cell.style.setProperty("--shown", shown.toFixed(3));
        cell.classList.toggle("current", s === step);
      }
    }
  }

  /** Scroll the current step into sight. */
  function follow(smooth) {
    const cell = store.step ? columns[placeOf(store.step)][0] : null;
    const left = cell ? cell.offsetLeft - scroller.clientWidth / 2 : 0;
    if (scroller.scrollWidth > scroller.clientWidth) scroller.scrollTo({ left, behavior: smooth ? "smooth" : "auto" });
  }

  return { build, fill, draw, follow, placeOf };
}

/** Return the values of a strip, 0 to 255: one row per unit, one column per step. */
export const bytesOf = (strip) => Uint8Array.from(atob(strip.values), (character) => character.charCodeAt(0));

/** Return a column of pixels, one per unit; `plus` and `minus` give the colours of values on both sides of 0. */
export function column({ units, reads }, strip, bytes, place, plus, minus) {
  const canvas = html("canvas");
  [canvas.width, canvas.height] = [1, units];
  const context = canvas.getContext("2d");
  const image = context.createImageData(1, units);
  for (let row = 0; row < units; row += 1) {
    const share = bytes[row * reads.length + place] / 255;
    const value = strip.signed ? 2 * share - 1 : share;
    image.data.set([...(value < 0 ? minus(-value) : plus(value)), 255], 4 * row);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
