// A matrix of weights as a file: CSV, SVG, PNG or an HTML page. All labels are written as text, never as markup.

import { html, saveFile, svg, SVG, textWidth } from "../dom.js";
import { percentText } from "./heat-table.js";
import { hex, PAPER, shades } from "./shade.js";

const FILE_CELL = 30;
const colourOf = shades(PAPER);
const FILE_FONT = "system-ui, sans-serif";

function matrixCsv(matrix) {
  const field = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text); // a spreadsheet must not read a word as a formula
  const quoted = (text) => `"${field(String(text)).replaceAll('"', '""')}"`;
  const lines = [["", ...matrix.columns.map(({ text }) => text)].map(quoted)];
  for (const [y, row] of matrix.rows.entries()) lines.push([quoted(row.text), ...matrix.weights[y]]);
  return `\ufeff${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

/** Return an <svg> element that needs no style of the page. */
function matrixSvg(matrix, title) {
  const font = `16px ${FILE_FONT}`;
  const widest = (entries) => Math.max(...entries.map(({ text }) => textWidth(text, font)));
  const [left, top] = [widest(matrix.rows) + 20, widest(matrix.columns) + 50];
  const [width, height] = [left + matrix.columns.length * FILE_CELL + 20, top + matrix.rows.length * FILE_CELL + 20];
  const drawing = svg("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": FILE_FONT, "font-size": 16 });
  svg("title", {}, drawing).textContent = title;
  svg("rect", { width, height, fill: "#ffffff" }, drawing);
  svg("text", { x: 10, y: 24, fill: "#1a1f27", "font-size": 17 }, drawing).textContent = title;
  for (const [x, { text }] of matrix.columns.entries()) {
    const [cx, cy] = [left + (x + 0.5) * FILE_CELL, top - 8];
    svg("text", { x: cx, y: cy, fill: "#1b4fc4", transform: `rotate(-90 ${cx} ${cy})`, "dominant-baseline": "middle" }, drawing).textContent = text;
  }
  for (const [y, { text }] of matrix.rows.entries()) {
    const cy = top + (y + 0.5) * FILE_CELL;
    svg("text", { x: left - 8, y: cy, fill: "#92490a", "text-anchor": "end", "dominant-baseline": "middle" }, drawing).textContent = text;
    for (const [x, weight] of matrix.weights[y].entries()) {
      const box = { x: left + x * FILE_CELL, y: top + y * FILE_CELL, width: FILE_CELL - 1, height: FILE_CELL - 1, fill: hex(colourOf(weight)) };
      svg("title", {}, svg("rect", box, drawing)).textContent = `${text} on ${matrix.columns[x].text}: ${percentText(weight)}`;
    }
  }
  return drawing;
}

/** Return a complete HTML page: the drawing, its table and its description in sentences. */
function matrixPage(matrix, title) {
  const page = document.implementation.createHTMLDocument(title);
  const add = (name, text, parent = page.body) => {
    const node = parent.appendChild(page.createElement(name));
    if (text) node.textContent = text;
    return node;
  };
  const meta = page.createElement("meta");
  meta.setAttribute("charset", "utf-8");
  page.head.prepend(meta);
  page.documentElement.lang = "en";
  add("style", "body{font:17px system-ui,sans-serif;margin:24px}td,th{padding:4px 10px;border:1px solid #d5dae1;text-align:right}table{border-collapse:collapse}", page.head);
  add("h1", title);
  page.body.appendChild(page.importNode(matrixSvg(matrix, title), true));
  const list = add("ul");
  for (const text of matrix.says) add("li", text, list);
  const table = add("table");
  const head = add("tr", "", table);
  for (const text of ["", ...matrix.columns.map((entry) => entry.text)]) add("th", text, head);
  for (const [y, row] of matrix.rows.entries()) {
    const line = add("tr", "", table);
    add("th", row.text, line);
    for (const weight of matrix.weights[y]) add("td", percentText(weight), line);
  }
  return `<!doctype html>\n${page.documentElement.outerHTML}`;
}

/** Save a matrix as `kind`: csv, svg, png or html. */
export function saveMatrix(kind, matrix, title, name) {
  if (kind === "csv") return saveFile(`${name}.csv`, matrixCsv(matrix), "text/csv;charset=utf-8");
  if (kind === "html") return saveFile(`${name}.html`, matrixPage(matrix, title), "text/html;charset=utf-8");
  const drawing = matrixSvg(matrix, title);
  const text = new XMLSerializer().serializeToString(drawing);
  if (kind === "svg") return saveFile(`${name}.svg`, text, "image/svg+xml");
  const image = new Image();
  image.onload = () => {
    const canvas = html("canvas");
    [canvas.width, canvas.height] = ["width", "height"].map((side) => 2 * Math.ceil(Number(drawing.getAttribute(side))));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    saveFile(`${name}.png`, canvas.toDataURL("image/png"));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
