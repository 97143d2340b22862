// The player: one clock and one state (`store`) for the stage, the candidates, the heatmap and the address bar.

import { makeLink } from "../lib/address.js";
import { makeClock } from "../lib/clock.js";
import { payloadOf, readingOf, saveFile } from "../lib/dom.js";
import { startReading } from "../lib/reading.js";
import { makeCandidates } from "./candidates.js";
import { makeCompare } from "./fork.js";
import { makeHeatmap } from "./heatmap.js";
import { makeStage } from "./stage.js";

const STEP_MS = 1500; // one decoding step at 1x
const READ_MS = 1400; // step 0: the encoder reads the source

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".player");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null, focused: null, unit: "pieces", unitChanged, goTo: (step) => clock.goTo(step), force, focus };
  const stage = makeStage(root, store);
  const candidates = makeCandidates(root, store);
  const compare = makeCompare(root, store);
  const heatmap = makeHeatmap(root, store);
  const link = makeLink(store, props.address, { root, navigate: (query) => trigger("navigate", { query }) });
  const clock = makeClock(element, root, store, {
    last: () => store.payload.trace.steps.length,
    lengthOf: (step) => (step === 0 ? READ_MS : STEP_MS),
    show,
    sentence,
    arrived,
  });
  startReading(root);
  let width = 0; // width of the stage at its last layout

  // --- what is shown -----------------------------------------------------------------------------------------------

  function open() {
    const payload = payloadOf(props);
    if (!payload) return;
    if (store.payload === null && payload.start.from === "page" && link.isPresent()) return; // the linked trace is on its way
    store.payload = payload;
    store.focused = null;
    const facts = [readingOf(payload.trace), ...payload.trace.reading.order, payload.trace.reading.averaged && "averaged"];
    for (const node of root.querySelectorAll("[data-when]")) node.hidden = !facts.includes(node.dataset.when);
    root.dataset.trace = payload.id;
    stage.build();
    width = stage.width;
    compare.build();
    candidates.build(0);
    clock.open(payload.start.step, payload.start.play);
    stage.follow(store.step, false);
    root.classList.add("ready");
    const draw = () => heatmap.build();
    if (window.requestIdleCallback) requestIdleCallback(draw, { timeout: 1500 });
    else setTimeout(draw, 200);
  }

  function show(step, phase) {
    stage.draw(step, phase);
    candidates.draw(step, phase);
    heatmap.draw(step, phase);
  }

  /** Return the sentence of a step; a step that a fork shares with its original has the original's sentence. */
  function sentence(step) {
    const { fork, views } = store.payload;
    return fork && step <= fork.shared ? fork.original.sentences[step] : views.sentences[step];
  }

  function arrived(moved) {
    if (moved) stage.follow(store.step, !clock.still.matches);
    link.update();
  }

  // --- what a visitor does -----------------------------------------------------------------------------------------

  function force(step, token) {
    clock.stop();
    trigger("force_token", { trace_id: store.payload.id, step, token });
  }

  /** Draw the stage anew, in whole words or in pieces. */
  function unitChanged() {
    stage.build();
    stage.draw(store.step, store.phase);
    stage.follow(store.step, false);
  }

  function focus(what) {
    if (JSON.stringify(what) === JSON.stringify(store.focused)) return;
    store.focused = what;
    stage.light(store.step);
    candidates.light(what);
    heatmap.light();
  }

  find("[data-action=restore]").addEventListener("click", () => trigger("restore", {}));
  find("[data-action=download]").addEventListener("click", () => {
    if (store.payload) saveFile("trace.json", JSON.stringify(store.payload.trace, null, 1), "application/json");
  });

  // --- the page around it ------------------------------------------------------------------------------------------

  new ResizeObserver(() => {
    if (!store.payload || !stage.width) return; // a hidden tab has no width
    link.update();
    if (stage.width === width) return;
    width = stage.width;
    unitChanged();
  }).observe(root);
  watch("value", open);
  open();
}
