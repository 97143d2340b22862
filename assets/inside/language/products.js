// Sentences as growing products: a table per sentence, with the likeliest pieces under each piece, and a line that gets one factor
// per step. `draw(step, phase)` shows them up to that time.

import { html, part, probabilityText } from "../../lib/dom.js";

export const BITS = 1 / Math.LN2;
const UNITS = { p: { sign: " × ", name: "" }, nats: { sign: " + ", name: " nats" }, bits: { sign: " + ", name: " bits" } };
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Format a probability of any size from its logarithm, with two digits: 0.31, 0.0042, 1.7 × 10⁻⁸. */
function smallText(logProb) {
  const p = Math.exp(logProb);
  if (p >= 0.1) return p > 0.995 ? "> 0.99" : p.toFixed(2);
  if (p >= 0.001) return p.toPrecision(2);
  let exponent = Math.floor(logProb / Math.LN10);
  let mantissa = Math.exp(logProb - exponent * Math.LN10).toFixed(1);
  if (mantissa === "10.0") [mantissa, exponent] = ["1.0", exponent + 1];
  return `${mantissa} × 10⁻${[...String(-exponent)].map((digit) => SUPERSCRIPTS[digit]).join("")}`;
}

/** Format a log-probability in a unit: a probability, or how surprising it is. */
export const inUnit = (logProb, unit) => (unit === "p" ? smallText(logProb) : Math.abs(logProb * (unit === "bits" ? BITS : 1)).toFixed(2));

export function makeProducts(root, store, goTo) {
  const lanes = root.querySelector(".language-lanes");
  const products = root.querySelector(".language-products");
  const scroller = root.querySelector(".language-scroller");
  let parts = []; // of each step: the nodes that appear with it

  function build() {
    const { lanes: given, shared } = store.payload;
    const longest = Math.max(...given.map(({ steps }) => steps.length));
    parts = Array.from({ length: longest }, () => []);
    const most = Math.max(...given.map(({ log_prob: total }) => -total)) || 1; // one scale for both
    lanes.replaceChildren(...given.map((lane, number) => table(lane, number, shared)));
    products.replaceChildren(...given.map((lane, number) => product(lane, number, shared, most)));
  }

  function table({ steps, text }, number, shared) {
    const board = html("table", "language-table");
    board.dataset.lane = number;
    board.appendChild(html("caption", "visually-hidden", `Sentence ${number + 1}: ${text}`));
    const pieces = html("tr");
    const factors = html("tr");
    const likeliest = html("tr");
    const head = (row, title) => (row.appendChild(html("th", "", title)).scope = "row");
    head(pieces, store.payload.lanes.length > 1 ? `sentence ${number + 1}` : "sentence");
    head(factors, store.unit === "p" ? "probability" : store.unit);
    head(likeliest, "likeliest here");
    steps.forEach((step, t) => {
      const piece = pieces.appendChild(html("td", t === shared ? "language-piece language-parts" : "language-piece"));
      const button = piece.appendChild(html("button", `target ${step.kind}`, step.text));
      button.type = "button";
      button.addEventListener("click", () => goTo(t + 1));
      const factor = factors.appendChild(html("td", "language-factor", inUnit(step.log_prob, store.unit)));
      factor.title = `rank ${step.rank}`;
      const cell = likeliest.appendChild(html("td", "language-likeliest"));
      cell.appendChild(ranking(step));
      parts[t].push(piece, factor, cell);
    });
    board.append(pieces, factors, likeliest);
    return board;
  }

  function ranking({ likeliest }) {
    const list = html("ol");
    for (const { text, kind, p, came } of likeliest) {
      const item = html("li", came ? "language-came" : "");
      item.style.setProperty("--p", p.toFixed(4));
      item.append(html("span", `language-word ${kind}`, text), html("span", "language-p", probabilityText(p)));
      if (came) item.appendChild(html("span", "visually-hidden", " (came)"));
      list.appendChild(item);
    }
    return list;
  }

  function product({ steps }, number, shared, most) {
    const line = html("div", "language-product");
    line.dataset.lane = number;
    const { sign, name } = UNITS[store.unit];
    const factors = line.appendChild(html("p", "language-factors"));
    steps.forEach(({ log_prob: logProb }, t) => {
      const factor = html("span", t === shared ? "language-parts" : "", (t ? sign : "") + inUnit(logProb, store.unit));
      factors.appendChild(factor);
      parts[t].push(factor);
    });
    const total = factors.appendChild(html("b", "language-total"));
    total.dataset.name = name;
    const bar = line.appendChild(html("div", "language-bar"));
    bar.setAttribute("aria-hidden", "true");
    steps.forEach(({ log_prob: logProb, text }, t) => {
      const piece = html("span", t === shared ? "language-parts" : "");
      piece.style.width = `${(100 * -logProb) / most}%`;
      piece.title = `${text}: ${inUnit(logProb, "bits")} bits`;
      bar.appendChild(piece);
      parts[t].push(piece);
    });
    return line;
  }

  function draw(step, phase) {
    parts.forEach((nodes, t) => {
      const shown = t + 1 < step ? 1 : t + 1 > step ? 0 : part(phase, 0, 0.5);
      for (const node of nodes) {
        node.style.setProperty("--shown", shown.toFixed(3));
        node.classList.toggle("language-now", t + 1 === step);
      }
    });
    for (const total of products.querySelectorAll(".language-total")) {
      const { steps } = store.payload.lanes[total.closest("[data-lane]").dataset.lane];
      const done = steps[Math.min(step, steps.length) - 1];
      total.textContent = ` = ${done ? inUnit(done.total, store.unit) : store.unit === "p" ? "1" : "0"}${total.dataset.name}`;
    }
  }

  /** Scroll the current step into sight. */
  function follow(smooth) {
    const cell = store.step ? lanes.querySelector(".language-now") : null;
    const left = cell ? cell.offsetLeft - scroller.clientWidth / 2 : 0;
    if (scroller.scrollWidth > scroller.clientWidth) scroller.scrollTo({ left, behavior: smooth ? "smooth" : "auto" });
  }

  return { build, draw, follow };
}
