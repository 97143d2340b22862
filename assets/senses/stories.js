// The view Stories: the sentences of a story as rows, each with the attention on it while a word of the summary is written.

import { makeLink } from "../lib/address.js";
import { percentText } from "../lib/charts/heat-table.js";
import { shade } from "../lib/charts/shade.js";
import { makeClock } from "../lib/clock.js";
import { clamp, html, isFixed, part, payloadOf, rove } from "../lib/dom.js";
import { startReading } from "../lib/reading.js";

const STEP_MS = 1700;
const MOVES = [0, 0.45]; // the part of a step in which the weights move; then the word is written

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".story-view");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null };
  const link = makeLink(store, props.address);
  let rows = []; // { row, bar, share, words }
  let pointed = null; // index of the row that the visitor points at
  const clock = makeClock(element, find(".story-player"), store, {
    last: () => store.payload.steps.length,
    lengthOf: () => STEP_MS,
    show: draw,
    sentence: (step) => store.payload.said[step],
    arrived: () => {
      name();
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
    find(".story-origin").textContent = `${title}, ${architecture}. Trained on: ${data}`;
    find("[data-testid=story-right]").textContent = verdict(payload);
    pointed = null;
    build();
    const { step, play } = payload.start;
    clock.open(step ?? store.step, play, payload.number); // the picture rests at the number
    root.classList.add("ready");
  }

  function verdict({ right, summary }) {
    if (!right) return "";
    return right === summary ? "The summary is right: the grammar that made the story knows it." : `The summary is wrong. Right is: ${right}`;
  }

  function build() {
    const { steps, rows: sentences } = store.payload;
    find(".story-summary").replaceChildren(...steps.map(({ text }, index) => {
      const word = html("button", "story-word", text);
      word.type = "button";
      word.setAttribute("role", "radio");
      word.addEventListener("click", () => clock.goTo(index + 1));
      return word;
    }));
    let at = 0;
    rows = sentences.map((texts, index) => {
      const last = index === sentences.length - 1;
      const row = html("li", `story-row${last ? " story-end" : ""}`);
      const share = html("span", "story-share");
      const track = html("span", "story-track");
      const bar = track.appendChild(html("span", "story-bar"));
      const text = html("span", "story-text");
      const words = texts.map((word) => ({ at: at++, node: html("span", "story-token", last ? "end of the story" : word), text: word }));
      for (const { node } of words) text.append(node, " ");
      row.append(share, track, text);
      row.tabIndex = index ? -1 : 0;
      for (const kind of ["pointerenter", "focus"]) row.addEventListener(kind, () => point(index));
      for (const kind of ["pointerleave", "blur"]) row.addEventListener(kind, () => point(null));
      return { row, bar, share, words };
    });
    find(".story-rows").replaceChildren(...rows.map(({ row }) => row));
  }

  /** Return the weights of the step before or at `step`; nothing is looked at before the first. */
  const weightsAt = (step, kind) => (step > 0 ? store.payload.steps[step - 1][kind] : null);

  function draw(step, phase) {
    const moved = part(phase, ...MOVES);
    const between = (kind) => {
      const [from, to] = [weightsAt(step - 1, kind), weightsAt(step, kind)];
      return (i) => (from ? from[i] : 0) * (1 - moved) + (to ? to[i] : 0) * moved;
    };
    const [ofRow, ofWord] = [between("rows"), between("words")];
    rows.forEach(({ bar, share, words }, index) => {
      bar.style.setProperty("--share", ofRow(index));
      share.textContent = step ? percentText(weightsAt(step, "rows")[index]) : "";
      for (const { node, at } of words) shade(node, ofWord(at));
    });
    [...find(".story-summary").children].forEach((word, index) => {
      const written = index + 1 < step || (index + 1 === step && phase > MOVES[1]);
      word.classList.toggle("story-written", written);
      word.classList.toggle("story-now", index + 1 === step);
      word.setAttribute("aria-checked", String(index + 1 === step));
      word.tabIndex = index + 1 === Math.max(1, step) ? 0 : -1;
    });
    detail();
  }

  /** Show the words of a row with their weights: of the one that is pointed at, otherwise of the heaviest. */
  function detail() {
    const { payload, step } = store;
    const weights = weightsAt(step, "words");
    find(".story-detail").classList.toggle("story-empty", !weights);
    if (!weights) return find(".story-detail").replaceChildren();
    const ofRow = weightsAt(step, "rows");
    const index = pointed ?? ofRow.indexOf(Math.max(...ofRow));
    rows.forEach(({ row }, i) => row.classList.toggle("story-shown", i === index));
    find(".story-detail").replaceChildren(...rows[index].words.map(({ text, at }) => {
      const item = html("span", "story-part");
      item.append(html("span", "story-part-word", index === payload.rows.length - 1 ? "end" : text), html("small", "", percentText(weights[at])));
      return item;
    }));
  }

  function point(index) {
    pointed = index;
    if (store.payload) detail();
  }

  /** Give each row its name for a screen reader. */
  function name() {
    const [ofRow, ofWord] = ["rows", "words"].map((kind) => weightsAt(store.step, kind));
    rows.forEach(({ row, words }, index) => {
      const text = words.map((word) => (ofWord ? `${word.text} ${percentText(ofWord[word.at])}` : word.text)).join(", ");
      row.setAttribute("aria-label", ofRow ? `${percentText(ofRow[index])} of the weight: ${text}` : text);
    });
  }

  find(".story-rows").addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const at = rows.findIndex(({ row }) => row === event.target);
    if (!by || at < 0) return;
    event.preventDefault();
    const next = rows[clamp(at + by, 0, rows.length - 1)].row;
    for (const { row } of rows) row.tabIndex = row === next ? 0 : -1;
    next.focus();
  });
  rove(find(".story-summary"), () => [...find(".story-summary").children], (word) => word.click());
  find(".story-another").addEventListener("click", () => !isFixed("example") && trigger("another"));
  new ResizeObserver(() => store.payload && root.clientWidth && link.update()).observe(root);
  watch("value", open);
  open();
}
