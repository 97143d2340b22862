// The view Stories: the sentences of a story as rows, each with the attention on it while a word of the summary is written.

import { percentText } from "../lib/charts/heat-table.js";
import { shade } from "../lib/charts/shade.js";
import { clamp, html, isFixed, part } from "../lib/dom.js";
import { makeWordsPlayer } from "./words-player.js";

const STEP_MS = 1700;
const MOVES = [0, 0.45]; // the part of a step in which the weights move; then the word is written

export function start({ element, trigger, props, watch }) {
  let rows = []; // { row, bar, share, words }
  let pointed = null; // index of the row that the visitor points at
  const player = makeWordsPlayer({ element, props, watch }, "story", {
    stepMs: STEP_MS, writtenAt: MOVES[1], open, draw, arrived: name,
  });
  const { find, store } = player;

  function open(payload) {
    find("[data-testid=story-right]").textContent = verdict(payload);
    pointed = null;
    build(payload.rows);
  }

  function verdict({ right, summary }) {
    if (!right) return "";
    return right === summary ? "The summary is right: the grammar that made the story knows it." : `The summary is wrong. Right is: ${right}`;
  }

  function build(sentences) {
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
  find(".story-another").addEventListener("click", () => !isFixed("example") && trigger("another"));
  player.begin();
}
