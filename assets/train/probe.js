// A sentence that the model translates at each validation: its attention over the training, with a scrubber and play-back.

import { makeClock } from "../lib/clock.js";
import { html, rove, textWidth } from "../lib/dom.js";
import { loadPlotly, withoutBase } from "../lib/plotly.js";

const PROBE_MS = 600; // one validation at 1x
const PROBE_CELL = 34;
const RING = "#e6007e"; // stands out from both ends of the scale

export function makeProbe(element, root, plotly) {
  const section = root.querySelector(".probe");
  const find = (selector) => section.querySelector(selector);
  const plot = find(".probe-heat");
  const store = { payload: null };
  let sources = []; // the watched sentences
  let chosen = 0;
  let samples = []; // of the chosen sentence, one per validation

  const clock = makeClock(element, section, store, {
    last: () => Math.max(0, samples.length - 1),
    lengthOf: () => PROBE_MS,
    show: draw,
    sentence: said,
    arrived: () => {},
  });

  /** Take all samples so far. If the newest sample is on view, show the new newest one. */
  function update(all) {
    const following = !store.payload || (store.step === Math.max(0, samples.length - 1) && !store.playing);
    const names = [...new Set(all.map((sample) => sample.source))];
    if (names.join("\n") !== sources.join("\n")) choices(names);
    samples = all.filter((sample) => sample.source === sources[chosen]);
    section.hidden = !samples.length;
    if (!samples.length) return;
    store.payload = samples;
    if (following) clock.open(samples.length - 1, false);
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
    const none = !sample.figure;
    find(".probe-none").hidden = !none;
    plot.hidden = none;
    find(".probe-gold").hidden = none || !sample.gold.length;
    if (none || !plot.clientWidth) return;
    const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
    const font = { family: "system-ui, sans-serif", size: 16, color: color("--ink") };
    const { data, layout } = sample.figure;
    const longest = (axis) => Math.max(24, ...axis.ticktext.map((text) => textWidth(text, "16px system-ui, sans-serif")));
    const margin = { l: Math.min(150, longest(layout.yaxis) + 14), t: Math.min(130, longest(layout.xaxis) * 0.72 + 26), r: 40, b: 76 };
    const rows = layout.yaxis.ticktext.length;
    const columns = layout.xaxis.ticktext.length;
    const ring = ([row, column]) => ({
      type: "circle", xref: "x", yref: "y", x0: column - 0.22, x1: column + 0.22, y0: row - 0.22, y1: row + 0.22,
      line: { color: RING, width: 3 },
    });
    const dressed = {
      ...layout, font, margin, shapes: sample.gold.map(ring), paper_bgcolor: "transparent", plot_bgcolor: color("--empty-cell"),
      width: Math.max(360, margin.l + margin.r + columns * Math.max(PROBE_CELL, Math.min(56, 560 / columns))),
      height: margin.t + margin.b + rows * PROBE_CELL,
      xaxis: { ...layout.xaxis, fixedrange: true, tickfont: { ...font, color: color("--source") } },
      yaxis: { ...layout.yaxis, fixedrange: true, tickfont: { ...font, color: color("--target") } },
    };
    const heat = { ...data[0], hoverinfo: "z", colorbar: { ...data[0].colorbar, tickfont: font, title: { ...data[0].colorbar.title, font } } };
    plot.setAttribute("aria-label", `Attention after update ${sample.update}: one row per written piece, one column per source piece.`);
    plot.dataset.update = sample.update;
    loadPlotly(plotly).then((library) => withoutBase(() => library.react(plot, [heat], dressed, { displayModeBar: false })));
  }

  rove(find(".probe-choice"), () => [...find(".probe-choice").children], (button) => button.click());
  return { update, forget, draw, onChoice: (callback) => (store.onChoice = callback) };
}
