// The lanes as a table: one column per step; each lane has one row for its input, one for its output and one for the
// probability of the reference's piece. `draw(step, phase)` shows the table up to that time.

import { html, part, probabilityText } from "../../lib/dom.js";

const LANE_TITLES = { forced: "Fed the reference", free: "Fed its own output", rescue: "Rescued", injection: "With a wrong word" };

/** Return the lanes of a payload in their order: {kind, title, lane, at, writes}. */
export function lanesOf(payload) {
  const { lanes, third } = payload;
  const shown = ["forced", "free"].map((kind) => ({ kind, title: LANE_TITLES[kind], lane: lanes[kind], writes: kind === "free" }));
  if (third) shown.push({ kind: third.kind, title: LANE_TITLES[third.kind], lane: third.lane, at: third.at, writes: third.of !== "forced" });
  return shown;
}

export function makeLanesTable(root, store) {
  const table = root.querySelector(".lanes-table");
  const scroller = root.querySelector(".lanes-scroller");
  let cells = []; // by step: {column, fed, writes, bars}
  let drawn = -1;

  function build() {
    drawn = -1;
    const { lanes } = store.payload;
    const shown = lanesOf(store.payload);
    const steps = Math.max(...shown.map(({ lane }) => lane.fed.length));
    cells = Array.from({ length: steps }, () => ({ column: [], fed: [], writes: [], bars: [] }));
    const head = html("thead");
    head.append(numbers(steps), reference(lanes.reference, steps));
    table.replaceChildren(head, ...shown.map((entry) => group(entry, steps)));
  }

  function row(name, className) {
    const line = html("tr", className);
    const header = line.appendChild(html("th", "", name));
    header.scope = "row";
    return line;
  }

  function numbers(steps) {
    const line = row("step", "numbers");
    for (let t = 0; t < steps; t++) {
      const cell = line.appendChild(html("th"));
      cell.scope = "col";
      const button = cell.appendChild(html("button", "", String(t + 1)));
      button.type = "button";
      button.tabIndex = -1; // the slider and the arrow keys do the same
      button.addEventListener("click", () => store.goTo(t + 1));
      cells[t].column.push(cell);
    }
    return line;
  }

  function reference(labels, steps) {
    const line = row("reference", "reference");
    for (let t = 0; t < steps; t++) {
      const cell = line.appendChild(html("td"));
      if (labels[t]) cell.appendChild(chip(labels[t], "gold"));
      cells[t].column.push(cell);
    }
    return line;
  }

  const chip = (label, className) => html("span", `piece-chip ${label.kind} ${className}`, label.text);

  function group({ kind, title, lane, at, writes }, steps) {
    const body = html("tbody", `lane ${kind}`);
    body.dataset.testid = `lane-${kind}`;
    const heading = body.appendChild(html("tr", "lane-title"));
    const name = heading.appendChild(html("th", "", title));
    name.scope = "rowgroup";
    const beside = heading.appendChild(html("td", "lane-note"));
    beside.colSpan = steps;
    const note = beside.appendChild(html("span"));
    const [fed, wrote, p] = [row("is fed", "fed"), row(writes ? "writes" : "would write", "writes"), row("p(reference)", "bars")];
    p.firstChild.title = "Probability of the reference's piece";
    const { divergence } = store.payload.lanes;
    for (let t = 0; t < steps; t++) {
      const [a, b, c] = [fed, wrote, p].map((line) => line.appendChild(html("td")));
      cells[t].column.push(a, b, c);
      if (t >= lane.fed.length) continue;
      const given = at && t > at[0] && t <= at[1];
      cells[t].fed.push(a.appendChild(chip(lane.fed[t], given ? "given" : kind === "forced" ? "told" : "own")));
      const mark = lane.right ? (lane.right[t] ? "✓" : "✗") : "";
      const forcedHere = at && writes && t >= at[0] && t < at[1];
      const written = b.appendChild(chip(lane.writes[t], `${mark === "✗" ? "off" : "on"} ${forcedHere ? "given" : ""}`));
      if (mark) written.appendChild(html("span", "mark", ` ${mark}`)).setAttribute("aria-label", mark === "✓" ? "as the reference" : "not as the reference");
      cells[t].writes.push(written);
      if (lane.gold) cells[t].bars.push(c.appendChild(bar(Math.exp(lane.gold[t].log_prob))));
      if (kind === "free" && divergence !== null && t > divergence) [a, b, c].forEach((cell) => cell.classList.add("own-story"));
      if (t === divergence && !at) b.classList.add("parts");
    }
    if (kind === "free") note.textContent = divergence === null ? "never leaves the reference" : `leaves the reference at step ${divergence + 1}; then it follows its own output`;
    if (kind === "forced") note.textContent = "teacher forcing: whatever it would write, the next input is the reference's piece";
    body.append(fed, wrote);
    if (lane.gold) body.append(p);
    return body;
  }

  function bar(p) {
    const node = html("span", "p-bar");
    node.style.setProperty("--p", p.toFixed(4));
    node.appendChild(html("span", "p-text", probabilityText(p)));
    return node;
  }

  function draw(step, phase) {
    const moved = step !== drawn;
    drawn = step;
    cells.forEach((cell, t) => {
      const at = t + 1 === step;
      if (!moved && !at) return;
      const reached = t + 1 < step || (at && phase >= 1);
      const [fed, wrote] = at && !reached ? [part(phase, 0, 0.15), part(phase, 0.5, 0.7)] : [reached, reached].map(Number);
      for (const node of cell.fed) show(node, fed);
      for (const node of [...cell.writes, ...cell.bars]) show(node, wrote);
      for (const node of cell.column) node.classList.toggle("current", at);
    });
  }

  function show(node, amount) {
    node.style.opacity = amount;
    node.style.visibility = amount ? "" : "hidden";
  }

  /** Scroll the current step into sight, to the right of the row names. */
  function follow(step, smooth) {
    const cell = step > 0 ? cells[step - 1].column[0] : null;
    const names = table.querySelector("th").offsetWidth;
    const left = cell ? cell.offsetLeft - names - (scroller.clientWidth - names) / 2 + cell.offsetWidth / 2 : 0;
    scroller.scrollTo({ left: Math.max(0, left), behavior: smooth ? "smooth" : "auto" });
  }

  return { build, draw, follow, get width() { return scroller.clientWidth; } };
}
