// The picture: what the model sees, light on its places, and handles by which the shapes of a scene can be moved.

import { clamp, html, isFixed, svg } from "../../lib/dom.js";

export const DARK = 0.62; // opacity over a place without light
const STEP = 2; // pixels of an arrow key

/** Return the middle and the radius of a ring on a place of a picture with this side. */
export const ringOn = ([left, top, right, bottom], side) => ({ cx: (side * (left + right)) / 2, cy: (side * (top + bottom)) / 2, r: 0.25 * side * (right - left) });

/** Build the picture in `root`. `changed(scene)` is called with the text of a scene that the visitor has changed. */
export function makeCanvas(root, changed) {
  const find = (selector) => root.querySelector(selector);
  const canvas = find(".pictures-canvas");
  const tools = find(".pictures-tools");
  let given = null; // the payload
  let scene = null; // a copy that the visitor changes; null for an own picture
  let shades = [];
  let ring = null; // on the place that is marked
  let chosen = 0;
  let spoken = () => "";

  function open(payload) {
    given = payload;
    scene = payload.scene && structuredClone(payload.scene);
    chosen = clamp(chosen, 0, scene ? scene.shapes.length - 1 : 0);
    if (!find("[name=size]").children.length) fillMenus();
    draw();
    note();
  }

  function fillMenus() {
    const { sizes, colours, shapes } = given.palette;
    for (const [name, values] of [["size", Object.keys(sizes)], ["colour", Object.keys(colours)], ["shape", shapes]]) {
      const menu = find(`[name=${name}]`);
      menu.replaceChildren(...values.map((value) => html("option", "", value)));
      menu.addEventListener("change", () => change(name, menu.value));
    }
  }

  function draw() {
    const side = given.palette.side;
    const hadFocus = canvas.contains(document.activeElement); // a new picture must not take it from the keyboard
    canvas.replaceChildren();
    svg("image", { href: given.media, width: side, height: side, class: "pictures-image" }, canvas);
    const layer = svg("g", { class: "pictures-light", "aria-hidden": "true", "shape-rendering": "crispEdges" }, canvas);
    shades = given.places.map(([left, top, right, bottom], index) => {
      const box = { x: left * side, y: top * side, width: (right - left) * side, height: (bottom - top) * side };
      const shade = svg("rect", { ...box, class: "pictures-shade" }, layer);
      shade.addEventListener("pointerenter", () => (find(".pictures-hint").textContent = spoken(index)));
      return shade;
    });
    layer.addEventListener("pointerleave", note);
    ring = svg("g", { class: "pictures-mark", "aria-hidden": "true", visibility: "hidden" }, canvas);
    for (let i = 0; i < 2; i++) svg("circle", {}, ring); // a light line on a dark one is seen on any colour
    if (scene) scene.shapes.forEach(handle);
    if (hadFocus) canvas.querySelectorAll(".pictures-handle")[chosen]?.focus();
  }

  function handle(shape, index) {
    const half = given.palette.sizes[shape.size] / 2;
    const name = `${shape.size} ${shape.colour} ${shape.shape}`;
    const node = svg("rect", { width: 2 * half, height: 2 * half, class: "pictures-handle", tabindex: 0, role: "button" }, canvas);
    node.setAttribute("aria-label", name);
    node.setAttribute("aria-pressed", String(index === chosen));
    const place = () => {
      node.setAttribute("x", shape.x - half);
      node.setAttribute("y", shape.y - half);
    };
    const move = (x, y) => {
      const limit = given.palette.side - half;
      [shape.x, shape.y] = [clamp(Math.round(x), half, limit), clamp(Math.round(y), half, limit)];
      place();
    };
    place();
    node.addEventListener("pointerdown", (event) => {
      choose(index);
      if (isFixed("tools")) return;
      event.preventDefault();
      node.focus();
      node.setPointerCapture(event.pointerId);
      const [from, x, y] = [point(event), shape.x, shape.y];
      const drag = (moved) => move(x + point(moved).x - from.x, y + point(moved).y - from.y);
      node.addEventListener("pointermove", drag);
      node.addEventListener("lostpointercapture", () => {
        node.removeEventListener("pointermove", drag);
        if (shape.x !== x || shape.y !== y) send();
      }, { once: true });
    });
    node.addEventListener("focus", () => choose(index));
    node.addEventListener("keydown", (event) => {
      const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [];
      if (isFixed("tools") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Delete") remove();
      else if (across === undefined) return;
      else move(shape.x + STEP * across, shape.y + STEP * down);
      event.preventDefault();
      event.stopPropagation();
    });
    node.addEventListener("keyup", (event) => event.key.startsWith("Arrow") && send());
  }

  /** Return where a pointer is, in pixels of the model's picture. */
  function point({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    const scale = given.palette.side / box.width;
    return { x: (clientX - box.left) * scale, y: (clientY - box.top) * scale };
  }

  function choose(index) {
    chosen = index;
    canvas.querySelectorAll(".pictures-handle").forEach((node, i) => node.setAttribute("aria-pressed", String(i === chosen)));
    note();
  }

  function note() {
    const shape = scene && scene.shapes[chosen];
    find(".pictures-hint").textContent = shape
      ? `Drag a shape, or change the chosen one: ${shape.size} ${shape.colour} ${shape.shape}.`
      : "Your own picture, as the model sees it: 64 × 64 pixels.";
    if (shape) for (const name of ["size", "colour", "shape"]) find(`[name=${name}]`).value = shape[name];
    find("[data-do=add]").disabled = !scene || scene.shapes.length > 3;
    find("[data-do=remove]").disabled = !scene || scene.shapes.length < 2;
    find("[data-do=ground]").disabled = !scene;
  }

  function change(name, value) {
    if (!scene || isFixed("tools")) return;
    const shape = scene.shapes[chosen];
    shape[name] = value;
    inside(shape);
    send();
  }

  function inside(shape) {
    const half = given.palette.sizes[shape.size] / 2;
    for (const axis of ["x", "y"]) shape[axis] = clamp(shape[axis], half, given.palette.side - half);
  }

  /** Add a shape where there is most room. */
  function add() {
    const shape = Object.fromEntries(["size", "colour", "shape"].map((name) => [name, find(`[name=${name}]`).value]));
    const spots = [...Array(25).keys()].map((i) => ({ x: 12 + 10 * (i % 5), y: 12 + 10 * Math.floor(i / 5) }));
    const room = ({ x, y }) => Math.min(...scene.shapes.map((other) => Math.hypot(other.x - x, other.y - y)));
    scene.shapes.push({ ...shape, ...spots.reduce((best, spot) => (room(spot) > room(best) ? spot : best)) });
    chosen = scene.shapes.length - 1;
    inside(scene.shapes[chosen]);
    send();
  }

  function remove() {
    if (scene.shapes.length < 2) return;
    scene.shapes.splice(chosen, 1);
    chosen = 0;
    send();
  }

  function send() {
    const lines = scene.shapes.map(({ size, colour, shape, x, y }) => `${size} ${colour} ${shape} ${x} ${y}`);
    changed([scene.ground, ...lines].join("; "));
  }

  /** Give each place its share of light, 0 to 1; with `framed`, bright places get a frame. */
  function light(shares, framed) {
    shares.forEach((share, i) => {
      shades[i].style.setProperty("--dark", (DARK * (1 - share)).toFixed(3));
      shades[i].classList.toggle("pictures-lit", framed && share > 0.3);
    });
  }

  /** Put the ring on the place with this index; null: nowhere. */
  function mark(index) {
    ring.setAttribute("visibility", index === null ? "hidden" : "visible");
    if (index === null) return;
    const middle = ringOn(given.places[index], given.palette.side);
    for (const line of ring.children) for (const name in middle) line.setAttribute(name, middle[name]);
  }

  const actions = {
    add,
    remove,
    ground: () => {
      const names = Object.keys(given.palette.grounds);
      scene.ground = names[(names.indexOf(scene.ground) + 1) % names.length];
      send();
    },
  };
  tools.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-do]")?.dataset.do;
    if (action && scene && !isFixed("tools")) actions[action]();
  });

  return { open, light, mark, onPoint: (describe) => (spoken = describe) };
}
