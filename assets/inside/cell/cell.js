// The view The cell: the gates of one layer on one clock, the equation of a unit, and a gate that can be held.

import { makeLink } from "../../lib/address.js";
import { makeClock } from "../../lib/clock.js";
import { html, payloadOf, rove } from "../../lib/dom.js";
import { startReading } from "../../lib/reading.js";
import { makeStrips } from "./strips.js";
import { stripsFiles } from "./strips-files.js";
import { showUnits } from "./units.js";

const STEP_MS = 1100;

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".cell-view");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null, mode: "all" };
  const strips = makeStrips(root, store, (unit) => choose(store.payload.layer, unit), (step) => clock.goTo(step));
  const link = makeLink(store, props.address);
  const clock = makeClock(element, find(".cell-part"), store, {
    last: () => store.payload.reads.length,
    lengthOf: () => STEP_MS,
    show: (step, phase) => strips.draw(step, phase),
    sentence: (step) => store.payload.sentences[step],
    arrived: (moved) => {
      if (moved) strips.follow(!clock.still.matches);
      equation();
      find(".hold-step").textContent = Math.max(1, store.step);
      link.update();
    },
  });
  startReading(root);

  const choose = (layer, unit = null) => trigger("choose", { layer, unit });

  function open() {
    const payload = payloadOf(props);
    if (!payload) return;
    store.payload = payload;
    root.dataset.serial = payload.serial;
    find(".origin").textContent = `${payload.model.title}. Free-running (greedy); trained on ${payload.model.trained_on}`;
    layers();
    units();
    hold();
    showUnits(find(".cell-units"), payload, choose);
    strips.build();
    const { step, play } = payload.start; // without a step, keep the current one
    clock.open(step ?? store.step, play);
    root.classList.add("ready");
  }

  function layers() {
    const { layers, layer } = store.payload;
    find(".layers").replaceChildren(...layers.map(({ name, title }) => {
      const button = html("button", "", title);
      button.type = "button";
      button.setAttribute("role", "radio");
      button.setAttribute("aria-checked", String(name === layer));
      button.tabIndex = name === layer ? 0 : -1;
      button.addEventListener("click", () => choose(name));
      return button;
    }));
  }

  function units() {
    const { order, unit } = store.payload;
    const slider = find("[data-testid=unit]");
    slider.max = order.length - 1;
    slider.value = order.indexOf(unit.number);
    find("[data-testid=unit-name]").textContent = `${unit.number + 1} of ${order.length}`;
  }

  function modes(mode) {
    store.mode = mode;
    for (const button of root.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-checked", String(button.dataset.mode === mode));
      button.tabIndex = button.dataset.mode === mode ? 0 : -1;
    }
    if (store.payload) strips.fill();
  }

  function equation() {
    const { unit, reads } = store.payload;
    const place = strips.placeOf(Math.max(1, store.step));
    find(".equation h3").textContent = `Unit ${unit.number + 1} at “${reads[place].text}”`;
    find(".equation dl").replaceChildren(...unit.equations[place].flatMap(([name, terms, value]) => {
      const line = html("dd", "", terms.text);
      line.append(html("b", "", value.text));
      return [html("dt", "", name.text), line];
    }));
    find(".life").textContent = unit.life ? `In this sentence, ${unit.life}.` : "";
  }

  function hold() {
    const { holdable, held, says_hold: says } = store.payload;
    const form = find(".hold");
    form.hidden = !holdable.length;
    const gate = form.elements.gate;
    const before = gate.value;
    gate.replaceChildren(...holdable.map(({ name, title }) => new Option(title, name)));
    if (holdable.some(({ name }) => name === before)) gate.value = before;
    meanings();
    find("[data-do=release]").hidden = !held;
    find(".hold-says").textContent = says;
  }

  function meanings() {
    const gate = store.payload.holdable.find(({ name }) => name === find(".hold").elements.gate.value);
    if (!gate) return;
    find(".hold .low").textContent = `0: ${gate.low}`;
    find(".hold .high").textContent = `1: ${gate.high}`;
  }

  find("[data-testid=unit]").addEventListener("change", (event) => choose(store.payload.layer, store.payload.order[event.target.value] + 1));
  find("[data-testid=unit]").addEventListener("input", (event) => {
    find("[data-testid=unit-name]").textContent = `${store.payload.order[event.target.value] + 1} of ${store.payload.order.length}`;
  });
  find(".cell-choices").appendChild(stripsFiles(store));
  for (const button of root.querySelectorAll("[data-mode]")) button.addEventListener("click", () => modes(button.dataset.mode));
  rove(find(".modes"), () => [...root.querySelectorAll("[data-mode]")], (button) => button.click());
  rove(find(".layers"), () => [...find(".layers").children], (button) => button.click());
  find(".hold").elements.gate.addEventListener("change", meanings);
  find(".hold").addEventListener("submit", (event) => {
    event.preventDefault();
    const { gate, value } = event.target.elements;
    const step = strips.placeOf(Math.max(1, store.step));
    trigger("hold", { layer: store.payload.layer, gate: gate.value, step, value: Number(value.value) });
  });
  find("[data-do=release]").addEventListener("click", () => trigger("hold", { gate: null }));
  find(".cell-units").addEventListener("toggle", () => find(".cell-units").open && !store.payload.does && trigger("examine", {}));
  modes("all");
  new ResizeObserver(() => store.payload && root.clientWidth && link.update()).observe(root);
  new MutationObserver(() => store.payload && strips.fill()).observe(document.body, { attributeFilter: ["class"] }); // light or dark
  watch("value", open);
  open();
}
