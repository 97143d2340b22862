// Write on: the form, the written sentence, and the distribution from which each piece was drawn, on a clock of its own.

import { makeClock } from "../../lib/clock.js";
import { html, part, probabilityText } from "../../lib/dom.js";

const STEP_MS = 1500;
const SETTINGS = ["temperature", "top_k", "top_p", "seed"];

export function makeWriting(element, root, trigger) {
  const find = (selector) => root.querySelector(selector);
  const form = find("form");
  const store = { payload: null };
  let filled = ""; // the choices of the last payload
  let asking = false; // one question at a time, so that the answers come in order
  let waiting = false; // the form has changed meanwhile
  const clock = makeClock(element, find(".language-writing"), store, {
    last: () => store.payload.written.steps.length,
    lengthOf: () => STEP_MS,
    show: draw,
    sentence: (step) => store.payload.written.said[step],
    arrived: () => bars(),
  });

  /** Show what was written; play it if the visitor has `asked` for it. Then the form stays, because the visitor may have changed
   *  it meanwhile. */
  function show(payload, asked) {
    const chosen = JSON.stringify([payload.start_text, payload.search, payload.settings]);
    if (!asked && chosen !== filled) fill(payload);
    filled = chosen;
    asking = false;
    if (waiting) write();
    if (store.payload && !asked && JSON.stringify(store.payload.written) === JSON.stringify(payload.written)) return;
    store.payload = payload;
    const { given, steps } = payload.written;
    const text = html("span", "", given);
    find(".language-written").replaceChildren(text, ...steps.map(({ text: piece, kind }) => html("span", `language-chip target ${kind}`, piece)));
    clock.open(asked ? 0 : steps.length, asked);
  }

  function fill({ start_text: text, search, settings: values }) {
    form.elements.start.value = text;
    form.elements.search.value = search;
    for (const name of SETTINGS) if (name in values) form.elements[name].value = values[name];
    settings();
  }

  function settings() {
    const draws = form.elements.search.value === "sample";
    for (const part of root.querySelectorAll(".language-drawn")) part.hidden = !draws;
    for (const input of form.querySelectorAll("[type=range]")) input.parentElement.querySelector("output").textContent = input.value;
  }

  /** Draw the distribution of the current piece: light bars are the model's, dark bars what it is drawn from. */
  function bars() {
    const { steps } = store.payload.written;
    const now = steps[Math.max(1, store.step) - 1];
    const head = html("tr");
    for (const title of ["piece", "in the model", "after the settings"]) head.appendChild(html("th", "", title)).scope = "col";
    find(".language-bars").replaceChildren(head, ...(now ? now.rows : []).map(({ text, kind, p, q, came }) => {
      const row = html("tr", came ? "language-came" : q ? "" : "language-cut");
      row.append(html("td", `language-word ${kind}`, text), bar(p, "language-model-bar"), bar(q, "language-drawn-bar"));
      return row;
    }));
  }

  function bar(value, name) {
    const cell = html("td", name);
    cell.style.setProperty("--p", value.toFixed(4));
    cell.appendChild(html("span", "language-p", value ? probabilityText(value) : "cut"));
    return cell;
  }

  function draw(step, phase) {
    root.querySelectorAll(".language-chip").forEach((chip, t) => {
      const shown = t + 1 < step ? 1 : t + 1 > step ? 0 : part(phase, 0.4, 0.8); // first the bars, then the piece
      chip.style.setProperty("--shown", shown.toFixed(3));
      chip.classList.toggle("language-now", t + 1 === step);
    });
  }

  function write() {
    waiting = asking;
    if (asking) return;
    asking = true;
    const values = Object.fromEntries(SETTINGS.map((name) => [name, form.elements[name].value]));
    trigger("write", { start: form.elements.start.value, search: form.elements.search.value, ...values });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });
  form.addEventListener("input", settings);
  form.elements.search.addEventListener("change", write);
  for (const input of form.querySelectorAll("[type=range]")) input.addEventListener("change", write);
  find("[data-do=again]").addEventListener("click", () => {
    form.elements.seed.value = (Number(form.elements.seed.value) || 0) + 1;
    write();
  });

  return { show };
}
