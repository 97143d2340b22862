// The view Side by side: up to four attention pictures of one sentence, with one colour scale and one pointer for all.

import { makeLink } from "../lib/address.js";
import { payloadOf, rove } from "../lib/dom.js";
import { percentText } from "../lib/charts/heat-table.js";
import { makePanel } from "./attention-panel.js";

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".attention");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null, unit: "words", step: 0, headsOpen: false, point, pin };
  const link = makeLink(store, props.address);
  const units = [...root.querySelectorAll("[data-unit]")];
  const resting = find(".readout").textContent;
  let panels = [];

  function open() {
    const payload = payloadOf(props);
    if (!payload) return;
    store.payload = payload;
    store.unit = payload.unit;
    store.step = payload.step ?? store.step; // without a step, keep the current one
    root.dataset.serial = payload.serial;
    find("[data-testid=add-panel]").hidden = payload.panels.length >= payload.most;
    draw();
    root.classList.add("ready");
  }

  function draw() {
    for (const button of units) {
      const on = button.dataset.unit === store.unit;
      button.setAttribute("aria-checked", String(on));
      button.tabIndex = on ? 0 : -1;
    }
    panels = store.payload.panels.map((given, index) => makePanel(store, given, index, (what) => choose(index, what)));
    find(".panels").replaceChildren(...panels.map((panel) => panel.root));
    store.payload.link = store.payload.link.map(([name, value]) => [name, name === "unit" ? store.unit : value]);
    point(null);
    link.update();
  }

  /** Show the cell under the pointer or the keyboard focus; `at` is null outside. */
  function point(at) {
    for (const panel of panels) panel.mark(at, store.step);
    if (!at) {
      find(".readout").textContent = resting;
      return;
    }
    const { row, column, weight, named } = at.panel.entryAt(at.y, at.x);
    find(".readout").textContent = `${named}: “${row.text}” looks at “${column.text}” with ${percentText(weight)} of its weight`;
  }

  /** Mark a step, or remove its mark. */
  function pin(step) {
    store.step = store.step === step ? 0 : step;
    for (const panel of panels) panel.mark(null, store.step);
    link.update();
  }

  const spelled = ({ model, head }) => (head ? `${model}:${head}` : model);

  function choose(index, what) {
    const shown = store.payload.panels.map(({ model, head }) => ({ model, head }));
    if (what.remove) shown.splice(index, 1);
    else if (what.model) shown[index] = { model: what.model, head: "" };
    else shown[index].head = what.head;
    ask(shown);
  }

  function ask(shown) {
    root.dataset.busy = "true";
    trigger("choose", { panels: shown.map(spelled).join(","), unit: store.unit });
  }

  function setUnit(button) {
    store.unit = button.dataset.unit;
    draw();
  }

  for (const button of units) button.addEventListener("click", () => setUnit(button));
  rove(find(".choice"), () => units, setUnit);
  find("[data-testid=numbers]").addEventListener("change", (event) => root.classList.toggle("with-numbers", event.target.checked));
  find("[data-testid=add-panel]").addEventListener("click", () => {
    const shown = store.payload.panels.map(({ model, head }) => ({ model, head }));
    const unseen = store.payload.models.find(({ name }) => !shown.some(({ model }) => model === name));
    ask([...shown, { model: (unseen || store.payload.models[0]).name, head: "" }]);
  });
  new ResizeObserver(() => store.payload && root.clientWidth && link.update()).observe(root); // a hidden tab has no width
  watch("value", () => {
    delete root.dataset.busy;
    open();
  });
  open();
}
