// The view Two lanes: one clock for the table, the details and the address bar.

import { makeLink } from "../../lib/address.js";
import { makeClock } from "../../lib/clock.js";
import { html, payloadOf } from "../../lib/dom.js";
import { startReading } from "../../lib/reading.js";
import { makeLanesDetail } from "./detail.js";
import { lanesOf, makeLanesTable } from "./table.js";
import { makeLanesTools } from "./tools.js";

const LANE_STEP_MS = 1500;

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".lanes");
  const store = { payload: null, goTo: (step) => clock.goTo(step) };
  const table = makeLanesTable(root, store);
  const detail = makeLanesDetail(root, store);
  const tools = makeLanesTools(root, store, trigger);
  const link = makeLink(store, props.address);
  const clock = makeClock(element, root, store, {
    last: () => Math.max(...lanesOf(store.payload).map(({ lane }) => lane.fed.length)),
    lengthOf: () => LANE_STEP_MS,
    show: (step, phase) => {
      table.draw(step, phase);
      detail.draw(step, phase);
    },
    sentence: (step) => store.payload.lanes.sentences[step] || [{ text: `Step ${step}: the third lane continues.`, role: "" }],
    arrived: (moved) => {
      if (moved) table.follow(store.step, !clock.still.matches);
      tools.draw(store.step);
      link.update();
    },
  });
  startReading(root);
  let width = 0;

  function open() {
    const payload = payloadOf(props);
    if (!payload) return;
    store.payload = payload;
    root.dataset.id = payload.id;
    root.querySelector(".origin").textContent = `${payload.model.title}. Trained on ${payload.model.trained_on}`;
    const doubts = root.querySelector(".doubts");
    doubts.hidden = !payload.doubts.length;
    doubts.replaceChildren(...payload.doubts.map((said) => html("p", "", `About the reference: ${said}`)));
    for (const piece of [table, detail, tools]) piece.build();
    const first = payload.lanes.divergence;
    const { step, play } = payload.start; // without a step, keep the current one
    // Play to the first mistake and stop there: it is the point of the comparison.
    clock.open(step ?? store.step, play, step === 0 && first !== null ? first + 1 : undefined);
    table.follow(store.step, false);
    width = table.width;
    root.classList.add("ready");
  }

  new ResizeObserver(() => {
    if (!store.payload || !table.width) return; // a hidden tab has no width
    link.update();
    if (table.width === width) return;
    width = table.width;
    table.follow(store.step, false);
  }).observe(root);
  watch("value", open);
  open();
}
