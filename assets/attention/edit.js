// The view Edit it: a visitor changes the attention weights of one step, in the heatmap or with sliders, and sees the new
// translation.

import { makeBoard } from "../lib/component.js";
import { clamp, html, logText, probabilityText } from "../lib/dom.js";
import { makeHeatTable, percentText } from "../lib/charts/heat-table.js";
import { shade } from "../lib/charts/shade.js";

const DRAG_FULL = 160; // pixels of a drag from 0% to 100%

/** Return `weights` with item `at` set to `value` and the others scaled to a sum of 1 (all equal if all were 0). */
function rebalanced(weights, at, value) {
  const others = 1 - weights[at];
  const share = (weight) => (others > 1e-9 ? (weight * (1 - value)) / others : (1 - value) / (weights.length - 1));
  return weights.map((weight, i) => (i === at ? value : share(weight)));
}

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".edit");
  const find = (selector) => root.querySelector(selector);
  let given = null;
  let weights = []; // current weights of the edited step
  let tables = {};

  function show(payload) {
    given = payload;
    weights = payload.weights.length ? scaled(payload.weights) : own();
    find(".origin").textContent = `${payload.model.title}. Free-running (greedy); trained on ${payload.model.trained_on}`;
    find(".heads-note").hidden = !payload.averaged;
    find(".says").textContent = payload.says;
    find(".nothing-yet").hidden = Boolean(payload.after);
    find(".differing").hidden = !payload.after || payload.shared === payload.before.labels.length;
    for (const name of ["before", "after"]) side(name);
    find(".reset").hidden = !payload.after;
    editor();
    candidates();
  }

  const own = () => given.before.grid.weights[given.step - 1];

  function scaled(list) {
    const total = list.reduce((sum, weight) => sum + weight, 0);
    return list.map((weight) => weight / total);
  }

  function side(name) {
    const shown = given[name];
    const place = find(`.${name} .grid-place`);
    const [text, score] = ["text", "score"].map((part) => find(`[data-testid=${name}-${part}]`));
    text.replaceChildren();
    score.textContent = "";
    place.replaceChildren();
    delete tables[name];
    if (!shown) return;
    text.textContent = shown.result.text;
    score.textContent = `log-probability ${logText(shown.result.log_prob)} nats in ${shown.result.pieces} pieces, free-running (greedy)`;
    const table = makeHeatTable(place, {
      name: name === "before" ? "Attention weights of the model" : "Attention weights with your edit",
      axes: ["target", "source"],
      chosen: (row) => name === "before" && choose(row + 1),
    });
    table.show(shown.grid);
    table.mark({
      pinned: (entry) => entry.at.includes(given.step - 1),
      row: (entry) => given.after && entry.at[0] >= given.shared,
    });
    tables[name] = table;
    // Only the latest picture can be dragged: the one after the edit as soon as there is one.
    if (name === (given.after ? "after" : "before")) drag(table);
  }

  function choose(step) {
    if (step !== given.step) trigger("edit", { step, weights: [] });
  }

  /** Let the mouse drag the cells of the edited row: up for more weight, down for less. */
  function drag(table) {
    const row = given.step - 1;
    weights.forEach((_, x) => {
      const cell = table.cell(row, x);
      cell.classList.add("movable");
      let from = null;
      cell.addEventListener("pointerdown", (event) => {
        if (event.pointerType === "touch") return; // a finger scrolls the page; it can use the sliders
        event.preventDefault();
        cell.setPointerCapture(event.pointerId);
        from = { y: event.clientY, weights: [...weights] };
      });
      cell.addEventListener("pointermove", (event) => {
        if (from) set(rebalanced(from.weights, x, clamp(from.weights[x] + (from.y - event.clientY) / DRAG_FULL, 0, 1)));
      });
      cell.addEventListener("pointerup", () => {
        const moved = from && weights.some((weight, i) => weight !== from.weights[i]);
        from = null;
        if (moved) send();
      });
      cell.addEventListener("dblclick", () => {
        set(rebalanced(weights, x, 1));
        send();
      });
    });
  }

  /** Show the weights `next` in the picture and the sliders, before the server answers. */
  function set(next) {
    weights = next;
    const table = tables.after || tables.before;
    weights.forEach((weight, x) => shade(table.cell(given.step - 1, x), weight));
    root.querySelectorAll(".slider").forEach((line, x) => {
      line.querySelector("input").value = Math.round(weights[x] * 100);
      line.querySelector("output").textContent = percentText(weights[x]);
    });
  }

  const send = () => trigger("edit", { step: given.step, weights: weights.map((weight) => clamp(weight, 0, 1)) });

  function editor() {
    const piece = given.before.labels[given.step - 1].text;
    find("[data-testid=edit-step]").textContent = `Weights of step ${given.step}, which wrote “${piece}”`;
    find(".sliders").replaceChildren(...given.before.grid.columns.map(({ text, kind }, x) => {
      const line = html("label", `slider ${kind}`);
      const input = html("input");
      Object.assign(input, { type: "range", min: 0, max: 100, step: 1, value: Math.round(weights[x] * 100) });
      input.setAttribute("aria-label", `Weight on “${text}”, in percent`);
      input.addEventListener("input", () => set(rebalanced(weights, x, Number(input.value) / 100)));
      input.addEventListener("change", send);
      line.append(html("span", "source", text), input, html("output", "", percentText(weights[x])));
      return line;
    }));
  }

  function candidates() {
    const lines = root.querySelectorAll(".candidate-lines");
    const box = find(".candidates-beside");
    box.hidden = !given.after;
    ["before", "after"].forEach((name, i) => {
      const list = given[name] ? given[name].candidates[given.step - 1] : [];
      lines[i].replaceChildren(...list.map(({ text, kind, log_prob }) => {
        const line = html("div", `detail-line ${kind}`);
        const bar = html("span", "p-bar");
        bar.style.setProperty("--p", Math.exp(log_prob).toFixed(4));
        line.append(html("span", "candidate-piece", text), bar, html("span", "number", probabilityText(Math.exp(log_prob))));
        return line;
      }));
    });
  }

  find(".reset").addEventListener("click", () => trigger("edit", { step: given.step, weights: [] }));
  makeBoard(root, props, watch, show);
}
