// The beam tree: one clock for the tree and the address bar, a line with the numbers of a node, and two tables.

import { makeLink } from "../../lib/address.js";
import { makeClock } from "../../lib/clock.js";
import { html, payloadOf } from "../../lib/dom.js";
import { startReading } from "../../lib/reading.js";
import { fillTable } from "../../lib/charts/table.js";
import { makeBeamTree } from "./tree.js";

const BEAM_STEP_MS = 1200;
const BEAM_HINT = "Point at a piece, or move between pieces with the arrow keys: its path is highlighted, and its numbers appear here.";

export function start({ element, props, watch }) {
  const root = element.querySelector(".beam-tree");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null };
  const tree = makeBeamTree(root, store, pointAt);
  const link = makeLink(store, props.address);
  const clock = makeClock(element, root, store, {
    last: () => store.payload.steps,
    lengthOf: () => BEAM_STEP_MS,
    show: (step, phase) => tree.draw(step, phase),
    sentence: (step) => store.payload.sentences[step],
    arrived: (moved) => {
      if (moved) tree.follow(store.step, !clock.still.matches);
      link.update();
    },
  });
  store.still = clock.still;
  startReading(root);
  let width = 0;

  /** Show the text and numbers of `node` in the line below the tree, with a link that opens it. */
  function pointAt(node, href) {
    const open = find(".pointed-open");
    open.hidden = !node;
    const text = find(".pointed-text");
    const numbers = find(".pointed-numbers");
    if (!node) {
      text.replaceChildren(BEAM_HINT);
      numbers.textContent = "";
      return;
    }
    open.href = href;
    const state = `${node.state[0].toUpperCase()}${node.state.slice(1)}.`;
    text.replaceChildren(...(node.text ? ["Written so far: ", html("span", "target", `“${node.text}”`)] : ["Nothing is written yet."]));
    const counted = node.step ? `Step ${node.step}, “${node.label.text}”: probability ${node.probability} · total log-probability ${node.total} nats, free-running. ` : "";
    numbers.textContent = counted + state;
  }

  function open() {
    const payload = payloadOf(props);
    if (!payload) return;
    store.payload = payload;
    find(".verdict").replaceChildren(...payload.verdict.map((span) => html("span", span.role, span.text)));
    fillTable(find(".outputs"), payload.outputs.columns, payload.outputs.rows, 1);
    fillWords();
    find(".origin").textContent = `${payload.model.title}. Trained on ${payload.model.trained_on}`;
    tree.build();
    clock.open(payload.start, false);
    tree.follow(store.step, false);
    width = tree.width;
    root.dataset.serial = payload.serial;
    root.classList.add("ready");
  }

  const details = find(".in-words");

  /** The tree as a table, for screen readers. It has hundreds of rows, so it is filled only when it is opened. */
  function fillWords() {
    if (!store.payload || !details.open) return;
    const rows = store.payload.nodes.map(({ step, text, label, probability, total, state }) => [String(step), text || "nothing", label.text, state, probability, total]);
    fillTable(details.querySelector("table"), ["step", "written", "piece", "state", "probability", "log-probability so far, nats"], rows, 4);
  }

  details.addEventListener("toggle", fillWords);
  new ResizeObserver(() => {
    if (!store.payload || !tree.width) return; // a hidden tab has no width
    link.update();
    if (tree.width === width) return;
    width = tree.width;
    tree.build();
    tree.draw(store.step, store.phase);
    tree.follow(store.step, false);
  }).observe(root);
  watch("value", open);
  open();
}
