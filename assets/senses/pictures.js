// The view Pictures: a scene that can be changed, and light on the places that the decoder looks at, word by word.

import { makeLink } from "../lib/address.js";
import { percentText } from "../lib/charts/heat-table.js";
import { makeClock } from "../lib/clock.js";
import { html, isFixed, part, payloadOf, probabilityText, rove } from "../lib/dom.js";
import { startReading } from "../lib/reading.js";
import { makeCanvas } from "./pictures-canvas.js";

const STEP_MS = 1100;
const MOVES = [0, 0.5]; // the part of a step in which the light moves

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".pictures-view");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null };
  const link = makeLink(store, props.address);
  const canvas = makeCanvas(root, (scene) => trigger("scene", { scene }));
  const clock = makeClock(element, find(".pictures-player"), store, {
    last: () => store.payload.steps.length,
    lengthOf: () => STEP_MS,
    show: draw,
    sentence: (step) => store.payload.said[step],
    arrived: () => {
      words();
      candidates();
      link.update();
    },
  });
  startReading(root);

  function open() {
    const payload = payloadOf(props);
    if (!payload) return;
    store.payload = payload;
    root.dataset.serial = payload.serial;
    const { title, architecture, trained_on: data, sees } = payload.model;
    find(".pictures-origin").textContent = `${title}, ${architecture}; a place sees ${sees} × ${sees} pixels. Trained on: ${data}`;
    find(".pictures-right").textContent = verdict(payload);
    canvas.open(payload);
    const chips = payload.steps.map(({ text }, index) => {
      const word = html("button", "pictures-word", text);
      word.type = "button";
      word.setAttribute("role", "radio");
      word.addEventListener("click", () => clock.goTo(index + 1));
      return word;
    });
    find(".pictures-words").replaceChildren(...chips);
    const { step, play } = payload.start;
    clock.open(step ?? store.step, play);
    root.classList.add("ready");
  }

  function verdict({ right, text, scene, touch, unseen }) {
    if (!scene) return "This is no drawn scene, so nobody knows the right sentence. The model can only name shapes.";
    const news = unseen.length ? ` Never seen in training: ${unseen.join(", ")}.` : "";
    if (touch) return `Some shapes touch. Training never showed that, so nobody knows the right sentence.${news}`;
    if (!right) return `The order or a relation of these shapes is not clear, so there is no one right sentence.${news}`;
    return (right === text ? "The sentence is right." : `The sentence is wrong. Right is: ${right}.`) + news;
  }

  function draw(step, phase) {
    const { steps } = store.payload;
    const none = Array(store.payload.places.length).fill(0);
    const before = step > 1 ? steps[step - 2].weights : none;
    const after = step ? steps[step - 1].weights : none;
    const moved = step ? part(phase, ...MOVES) : 1;
    canvas.light(after.map((weight, i) => before[i] + (weight - before[i]) * moved));
    const written = phase > MOVES[1] ? step : step - 1;
    [...find(".pictures-words").children].forEach((word, index) => word.classList.toggle("pictures-written", index < written));
  }

  function words() {
    [...find(".pictures-words").children].forEach((word, index) => {
      const now = index + 1 === store.step;
      word.classList.toggle("pictures-now", now);
      word.setAttribute("aria-checked", String(now));
      word.tabIndex = now || (!store.step && !index) ? 0 : -1;
    });
  }

  function candidates() {
    const step = store.payload.steps[store.step - 1];
    find(".pictures-candidates").replaceChildren(...(step ? step.candidates : []).map(({ text, p }) => {
      const row = html("li", "pictures-candidate");
      const bar = html("span", "pictures-bar");
      bar.style.setProperty("--share", p);
      row.append(html("span", "target", text), bar, html("span", "pictures-p", probabilityText(p)));
      return row;
    }));
  }

  canvas.onPoint((index) => {
    const step = store.payload.steps[store.step - 1];
    const named = `row ${Math.floor(index / 8) + 1}, column ${(index % 8) + 1}`;
    return step ? `${named}: ${percentText(step.weights[index])} of the weight` : named;
  });
  rove(find(".pictures-words"), () => [...find(".pictures-words").children], (word) => word.click());
  find("[data-testid=pictures-file]").addEventListener("change", ({ target }) => {
    const [file] = target.files;
    if (!file || isFixed("tools")) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => trigger("own", { data: reader.result }));
    reader.readAsDataURL(file);
    target.value = "";
  });
  new ResizeObserver(() => store.payload && root.clientWidth && link.update()).observe(root);
  watch("value", open);
  open();
}
