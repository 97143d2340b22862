// What the views of Senses share: a target that is written word by word, as a row of words and a clock.

import { makeLink } from "../lib/address.js";
import { makeClock } from "../lib/clock.js";
import { html, payloadOf, probabilityText, rove } from "../lib/dom.js";
import { startReading } from "../lib/reading.js";

/** Make the player of a view, whose own classes begin with `prefix`.
 *
 *  `stepMs` is the length of a step at 1x, and its share `writtenAt` the moment when its word is written. `open(payload)` builds
 *  the picture of a new payload, `draw(step, phase)` shows a step of it, `arrived(step)` is called once per step. A list with the
 *  class `sense-candidates` gets the candidates of each step.
 */
export function makeWordsPlayer({ element, props, watch }, prefix, { stepMs, writtenAt, open, draw, arrived = () => {} }) {
  const root = element.querySelector(`.${prefix}-view`);
  const find = (selector) => root.querySelector(selector);
  const row = find(".sense-words");
  const store = { payload: null };
  const link = makeLink(store, props.address);
  const clock = makeClock(element, find(`.${prefix}-player`), store, {
    last: () => store.payload.steps.length,
    lengthOf: () => stepMs,
    show: (step, phase) => {
      draw(step, phase);
      mark(step, phase > writtenAt ? step : step - 1);
    },
    sentence: (step) => store.payload.said[step],
    arrived: () => {
      candidates(store.payload.steps[store.step - 1]?.candidates || []);
      arrived(store.step);
      link.update();
    },
  });
  startReading(root);

  function show() {
    const payload = payloadOf(props);
    if (!payload) return;
    store.payload = payload;
    root.dataset.serial = payload.serial;
    const { title, architecture, trained_on: data } = payload.model;
    find(`.${prefix}-origin`).textContent = `${title}, ${architecture}. Trained on: ${data}`;
    row.replaceChildren(...payload.steps.map(({ text }, index) => {
      const word = html("button", "sense-word", text);
      word.type = "button";
      word.setAttribute("role", "radio");
      word.addEventListener("click", () => clock.goTo(index + 1));
      return word;
    }));
    open(payload);
    const { step, play } = payload.start;
    clock.open(step ?? store.step, play, payload.rests_at); // without a place to rest, it plays to its end
    root.classList.add("ready");
  }

  /** Mark the word of `step`, and those that are `written`. */
  function mark(step, written) {
    [...row.children].forEach((word, index) => {
      const now = index + 1 === step;
      word.classList.toggle("sense-written", index < written);
      word.classList.toggle("sense-now", now);
      word.setAttribute("aria-checked", String(now));
      word.tabIndex = index + 1 === Math.max(1, step) ? 0 : -1;
    });
  }

  function candidates(likeliest) {
    find(".sense-candidates")?.replaceChildren(...likeliest.map(({ text, p }) => {
      const item = html("li", "sense-candidate");
      const bar = html("span", "sense-bar");
      bar.style.setProperty("--share", p);
      item.append(html("span", "target", text), bar, html("span", "sense-p", probabilityText(p)));
      return item;
    }));
  }

  /** Start to show payloads; called when the view is ready to draw. */
  function begin() {
    rove(row, () => [...row.children], (word) => word.click());
    new ResizeObserver(() => store.payload && root.clientWidth && link.update()).observe(root);
    watch("value", show);
    show();
  }

  return { root, find, store, begin };
}
