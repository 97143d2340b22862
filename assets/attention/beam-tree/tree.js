// The tree in SVG: each node is a link to the stage and has a line to its parent. `draw(step, phase)` shows the state of the
// search at that time: which hypotheses are alive, which were pruned, and which is the most probable.

import { part, svg } from "../../lib/dom.js";
import { layOutTree, TREE, treeEdge } from "./layout.js";

const TREE_EDGE = 120; // pixels at each side of the box: a current step in this zone is scrolled to the middle

export function makeBeamTree(root, store, pointAt) {
  const scroller = root.querySelector(".tree-scroller");
  const scene = root.querySelector(".tree");
  const withDropped = root.querySelector("[data-testid=dropped]");
  let nodes = []; // {node, link, edge, at}; the start node is the last
  let numbers = [];
  let layout = null;
  let drawn = -1;
  let current = null; // the item of `nodes` that the tab key reaches
  let touched = null; // the node that was touched once; a second touch opens it

  function build() {
    const { payload } = store;
    const focused = scene.contains(document.activeElement) ? nodes.findIndex(({ link }) => link === document.activeElement) : -1;
    layout = layOutTree(payload, withDropped.checked, scroller.clientWidth);
    drawn = -1;
    touched = null;
    scene.replaceChildren();
    scene.setAttribute("width", layout.width);
    scene.setAttribute("height", layout.height);
    scene.setAttribute("aria-label", `Beam search of size ${payload.size}, ${payload.steps} steps. The arrow keys move between pieces, Enter opens a piece on the stage. The same tree as a table is below.`);
    numbers = layout.columns.map(({ x }, step) => {
      const text = svg("text", { class: "number", x, y: 18 }, scene);
      text.textContent = step ? String(step) : "";
      return text;
    });
    const edges = svg("g", { class: "edges", "aria-hidden": "true" }, scene);
    nodes = payload.nodes.map((node, index) => (layout.places[index] ? chip(node, layout.places[index]) : null));
    const start = { step: 0, parent: null, kind: "start", label: { text: "start", kind: "start" }, mark: "", text: "", state: "the start of the search", reach: payload.steps, best: 1 };
    nodes.push(chip(start, layout.start));
    // Draw important nodes last, so that they lie on top.
    const order = nodes.filter((entry) => entry && entry.node.step).sort((a, b) => weight(a.node) - weight(b.node));
    for (const entry of order) {
      const from = above(entry);
      entry.edge = svg("path", { d: treeEdge(from.at, layout.columns[from.node.step], entry.at) }, edges);
    }
    for (const entry of everyOne()) scene.appendChild(entry.link);
    current = (focused >= 0 && nodes[focused]) || null;
    if (current) current.link.focus();
    else pointAt(null);
  }

  const everyOne = () => nodes.filter(Boolean);
  const beginning = () => nodes[nodes.length - 1];
  const above = ({ node }) => (node.step === 1 ? beginning() : nodes[node.parent]);
  const weight = ({ kind, best }) => (kind === "dropped" ? 0 : best === null ? 1 : best === 1 ? 3 : 2);

  function chip(node, at) {
    const link = svg("a", { class: "node", href: address(node), tabindex: -1, transform: `translate(${at.x} ${at.y})` });
    const height = at.small ? TREE.smallChip : TREE.chip;
    if (node.kind === "ended") svg("rect", { class: "frame", x: -3, y: -height / 2 - 3, width: at.width + 6, height: height + 6, rx: 9 }, link);
    svg("rect", { class: "body", x: 0, y: -height / 2, width: at.width, height, rx: 7 }, link);
    const text = svg("text", { x: TREE.pad, y: 6 }, link);
    text.textContent = node.label.text;
    if (node.mark) svg("tspan", { class: "mark" }, text).textContent = ` · ${node.mark}`;
    const numbers = node.step ? `, probability ${node.probability}, log-probability so far ${node.total} nats` : "";
    link.setAttribute("aria-label", `${node.label.text}${node.step ? `, step ${node.step}` : ""}${numbers}: ${node.state}. Open it on the stage.`);
    const entry = { node, link, edge: null, at };
    link.addEventListener("pointerenter", () => light(entry));
    link.addEventListener("pointerleave", () => light(scene.contains(document.activeElement) ? current : touched));
    link.addEventListener("focus", () => choose(entry));
    link.addEventListener("blur", () => light(null));
    link.addEventListener("keydown", (event) => move(event, entry));
    link.addEventListener("click", (event) => {
      if (event.pointerType !== "touch" || touched === entry) return;
      event.preventDefault(); // a finger cannot hover, so the first touch only selects
      touched = entry;
      choose(entry);
    });
    return entry;
  }

  /** The address of the Translate tab with the pieces up to `node` as forced prefix. */
  function address(node) {
    const { nodes: all, stage } = store.payload;
    const ids = [];
    for (let at = node; at && at.step; at = all[at.parent]) ids.unshift(at.token);
    const query = new URLSearchParams(stage);
    if (ids.length) query.set("prefix", ids.join("-"));
    query.set("step", ids.length);
    return `?${query}`;
  }

  function choose(entry) {
    current = entry;
    for (const other of everyOne()) other.link.setAttribute("tabindex", other === entry ? "0" : "-1");
    light(entry);
  }

  /** Highlight the path from the start to a node and show its numbers; they stay until the next node is chosen. */
  function light(entry) {
    for (const other of scene.querySelectorAll(".lit")) other.classList.remove("lit");
    for (let at = entry; at; at = at.node.step ? above(at) : null) {
      at.link.classList.add("lit");
      if (at.edge) at.edge.classList.add("lit");
    }
    if (entry) pointAt(entry.node, entry.link.getAttribute("href"));
  }

  function move(event, entry) {
    const { key } = event;
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // otherwise the clock would step too
    const column = everyOne().filter(({ node }) => node.step === entry.node.step).sort((a, b) => a.at.y - b.at.y);
    const next = {
      ArrowLeft: () => entry.node.step && above(entry),
      ArrowRight: () => everyOne().filter((other) => other.node.step && above(other) === entry && isShown(other)).sort((a, b) => weight(b.node) - weight(a.node))[0],
      ArrowUp: () => column[column.indexOf(entry) - 1],
      ArrowDown: () => column[column.indexOf(entry) + 1],
    }[key]();
    if (!next) return;
    next.link.focus({ preventScroll: true });
    bringIn(next.at.x, next.at.width, !store.still.matches);
  }

  const isShown = ({ node }) => node.step <= drawn;

  function draw(step, phase) {
    scene.style.setProperty("--grown", step ? part(phase, 0.1, 0.7).toFixed(3) : 1);
    if (step === drawn) return;
    drawn = step;
    const roles = rolesAt(step);
    for (const entry of everyOne()) {
      const role = roles.get(entry);
      const fresh = entry.node.step === step && step > 0 ? " fresh" : "";
      const lit = entry.link.classList.contains("lit") ? " lit" : "";
      const { kind } = entry.node.label;
      entry.link.setAttribute("class", `node ${role} ${entry.node.kind} ${kind}${fresh}${lit}`);
      if (entry.edge) entry.edge.setAttribute("class", `edge ${role}${fresh}${lit}`);
    }
    scene.classList.toggle("final", step === store.payload.steps);
    numbers.forEach((text, at) => text.setAttribute("class", `number${at === step ? " current" : at > step ? " future" : ""}`));
    if (!current || !isShown(current)) current = lead(step);
    for (const other of everyOne()) other.link.setAttribute("tabindex", other === current ? "0" : "-1");
  }

  /** The most probable node after `step`; at the end, the winner. */
  function lead(step) {
    if (step === 0) return beginning();
    const final = step === store.payload.steps;
    return everyOne().find(({ node }) => (final ? node.rank === 1 : node.step === step && node.kind !== "dropped")) || beginning();
  }

  /** The role of each node after `step`: future, dropped, pruned, live (or an output), leading. */
  function rolesAt(step) {
    const roles = new Map();
    for (const entry of everyOne()) {
      const { node } = entry;
      const role = node.step > step ? "future" : node.kind === "dropped" ? "dropped" : "pruned";
      roles.set(entry, role);
    }
    const isAlive = ({ node }) => node.step === step ? node.kind !== "dropped" : node.step < step && node.rank !== null && node.rank !== undefined;
    const raise = (entry, role) => {
      for (let at = entry; at && roles.get(at) !== role; at = at.node.step ? above(at) : null) roles.set(at, role);
    };
    for (const entry of everyOne()) if (isAlive(entry)) raise(entry, "live");
    raise(lead(step), "leading");
    return roles;
  }

  /** Scroll the box from `x` to `x + width` to the middle, unless it is in sight with room on both sides. */
  function bringIn(x, width, smooth) {
    const { scrollLeft, clientWidth } = scroller;
    const edge = Math.min(TREE_EDGE, clientWidth / 4);
    const isAtEnd = x + width + edge > layout.width && scrollLeft + clientWidth >= layout.width;
    const isAtStart = x < edge && scrollLeft === 0;
    if ((x >= scrollLeft + edge || isAtStart) && (x + width + edge <= scrollLeft + clientWidth || isAtEnd)) return;
    const left = x + width / 2 - clientWidth / 2;
    scroller.scrollTo({ left: Math.max(0, left), behavior: smooth ? "smooth" : "auto" });
  }

  function follow(step, smooth) {
    const { x, width } = layout.columns[step];
    bringIn(x, width, smooth);
  }

  withDropped.addEventListener("change", () => {
    if (!store.payload) return;
    build();
    draw(store.step, store.phase);
    follow(store.step, false);
  });

  return { build, draw, follow, get width() { return scroller.clientWidth; } };
}
