// The view The decoder alone: two sentences as growing products on one clock, a decoder that writes on, and the worth of a source.

import { makeLink } from "../../lib/address.js";
import { makeClock } from "../../lib/clock.js";
import { html, payloadOf, rove } from "../../lib/dom.js";
import { startReading } from "../../lib/reading.js";
import { sentenceFiles, worthFiles } from "./language-files.js";
import { makeProducts } from "./products.js";
import { makeWorth } from "./worth.js";
import { makeWriting } from "./writing.js";

const STEP_MS = 1300;

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".language");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null, unit: "p" };
  const link = makeLink(store, props.address);
  const products = makeProducts(root, store, (step) => clock.goTo(step));
  const writing = makeWriting(element, find(".language-write"), trigger);
  const worth = makeWorth(find(".language-worth"), trigger);
  const clock = makeClock(element, find(".language-player"), store, {
    last: () => Math.max(...store.payload.lanes.map(({ steps }) => steps.length)),
    lengthOf: () => STEP_MS,
    show: (step, phase) => products.draw(step, phase),
    sentence: (step) => store.payload.sentences[step],
    arrived: (moved) => {
      if (moved) products.follow(!clock.still.matches);
      link.update();
    },
  });
  startReading(root);

  function open() {
    const payload = payloadOf(props);
    if (!payload) return;
    store.payload = payload;
    root.dataset.serial = payload.serial;
    const { title, architecture, trained_on: data } = payload.model;
    find(".origin").textContent = `${title}, ${architecture}. Trained on: ${data}`;
    find(".language-verdict").textContent = payload.verdict;
    pairs();
    products.build();
    worth.show(payload.worth);
    const { step, play, writing: asked } = payload.start; // without a step, keep the current one
    writing.show(payload, asked);
    clock.open(step ?? store.step, play);
    root.classList.add("ready");
  }

  function pairs() {
    const [first] = store.payload.lanes;
    find(".language-pairs").replaceChildren(...store.payload.pairs.map(({ text, about }, index) => {
      const button = html("button", "text-button", about);
      button.type = "button";
      button.title = text;
      button.setAttribute("aria-pressed", String(text === first.text));
      button.addEventListener("click", () => trigger("pair", { index }));
      return button;
    }));
  }

  function units(unit) {
    store.unit = unit;
    for (const button of root.querySelectorAll("[data-unit]")) {
      button.setAttribute("aria-checked", String(button.dataset.unit === unit));
      button.tabIndex = button.dataset.unit === unit ? 0 : -1;
    }
    if (!store.payload) return;
    products.build();
    products.draw(store.step, store.phase);
  }

  for (const button of root.querySelectorAll("[data-unit]")) button.addEventListener("click", () => units(button.dataset.unit));
  rove(find(".language-units"), () => [...root.querySelectorAll("[data-unit]")], (button) => button.click());
  find(".language-tools").appendChild(sentenceFiles(store));
  find(".language-worth-files").appendChild(worthFiles(() => store.payload));
  units("p");
  new ResizeObserver(() => store.payload && root.clientWidth && link.update()).observe(root);
  watch("value", open);
  open();
}
