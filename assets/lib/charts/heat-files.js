// A matrix of weights as a file: CSV, SVG, PNG or an HTML page. All labels are written as text, never as markup.

import { saveFile } from "../dom.js";
import { saveCsv, saveDrawing } from "./files.js";
import { drawGrid } from "./grid-drawing.js";
import { percentText } from "./heat-table.js";

/** Return an <svg> element that needs no style of the page. */
const matrixSvg = (matrix, title) => drawGrid({
  title,
  columns: matrix.columns.map(({ text }) => ({ text, kind: "source" })),
  rows: matrix.rows.map(({ text }) => ({ text, kind: "target" })),
  cells: matrix.rows.map(({ text }, y) => matrix.weights[y].map((share, x) => (
    { share, about: `${text} on ${matrix.columns[x].text}: ${percentText(share)}` }))),
});

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
  const table = () => matrix.rows.map(({ text }, y) => [text, ...matrix.weights[y]]);
  if (kind === "csv") saveCsv(name, ["", ...matrix.columns.map(({ text }) => text)], table());
  else if (kind === "html") saveFile(`${name}.html`, matrixPage(matrix, title), "text/html;charset=utf-8");
  else saveDrawing(kind, matrixSvg(matrix, title), name);
}
