// A sentence that the model translates at each validation: its attention over the training, with a scrubber and play-back.

import { makeClock } from "../lib/clock.js";
import { html, rove } from "../lib/dom.js";
import { makeHeatTable } from "../lib/charts/heat-table.js";

const PROBE_MS = 600; // one validation at 1x

/** `changed` is called when another validation is shown. */
export function makeProbe(element, root, changed) {
  const section = root.querySelector(".probe");
  const find = (selector) => section.querySelector(selector);
  const plot = find(".probe-heat");
  const table = makeHeatTable(plot, { name: "Attention: one row per written piece, one column per source piece", axes: ["target", "source"] });
  const store = { payload: null };
  let sources = []; // the watched sentences
  let chosen = 0;
  let samples = []; // of the chosen sentence, one per validation

  const clock = makeClock(element, section, store, {
    last: () => Math.max(0, samples.length - 1),
    lengthOf: () => PROBE_MS,
    show: draw,
    sentence: said,
    arrived: () => changed(),
  });

  /** Take all samples so far. If the newest sample is on view, show the new newest one. With `play`, play new samples. */
  function show(all, play = false) {
    const following = !store.payload || (store.step === Math.max(0, samples.length - 1) && !store.playing);
    const names = [...new Set(all.map((sample) => sample.source))];
    if (names.join("\n") !== sources.join("\n")) choices(names);
    samples = all.filter((sample) => sample.source === sources[chosen]);
    section.hidden = !samples.length;
    if (!samples.length) return;
    store.payload = samples;
    if (following) clock.open(play ? 0 : samples.length - 1, play);
    else find("[type=range]").max = samples.length - 1;
    find("[data-action=next]").disabled = find("[data-action=last]").disabled = store.step >= samples.length - 1;
    find(".counter").textContent = `${store.step} / ${samples.length - 1}`;
  }

  /** Forget the samples, because another run is shown; its first sentence is followed. */
  function forget() {
    clock.stop();
    [store.payload, sources, chosen, samples] = [null, [], 0, []];
    choices([]);
  }

  function choices(names) {
    sources = names;
    chosen = Math.min(chosen, Math.max(0, names.length - 1));
    const buttons = names.length < 2 ? [] : names.map((name, i) => {
      const button = html("button", "", name);
      button.type = "button";
      button.setAttribute("role", "radio");
      button.addEventListener("click", () => choose(i));
      return button;
    });
    find(".probe-choice").replaceChildren(...buttons);
    mark();
  }

  function choose(number) {
    chosen = number;
    mark();
    store.onChoice();
    clock.goTo(store.step);
  }

  function mark() {
    [...find(".probe-choice").children].forEach((button, i) => {
      button.setAttribute("aria-checked", String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1;
    });
  }

  function said(step) {
    const sample = samples[step];
    if (!sample) return [];
    const when = sample.update ? `After update ${sample.update.toLocaleString("en")}` : "Before training";
    const written = sample.hypothesis ? `“${sample.hypothesis}”` : "nothing";
    return [{ text: `${when}, it translates `, role: "" }, { text: `“${sample.source}”`, role: "source" },
      { text: " as ", role: "" }, { text: written, role: "target" }, { text: " (free-running, greedy).", role: "" }];
  }

  function draw() {
    const sample = samples[store.step];
    if (!sample) return;
    const none = !sample.matrix;
    find(".probe-none").hidden = !none;
    plot.hidden = none;
    find(".probe-gold").hidden = none || !sample.gold.length;
    if (none) return;
    plot.dataset.update = sample.update;
    if (table.matrix === sample.matrix) return; // the clock draws at every frame
    table.show(sample.matrix);
    for (const [row, column] of sample.gold) table.cell(row, column).classList.add("ringed");
  }

  rove(find(".probe-choice"), () => [...find(".probe-choice").children], (button) => button.click());
  return { show, forget, get update() { return samples[store.step] && samples[store.step].update; }, onChoice: (callback) => (store.onChoice = callback) };
}
