// A clock and its transport buttons: steps 0 to `last()`, each played from phase 0 to 1 and described by a sentence. The caller
// gives the picture: `show(step, phase)` draws a step, `lengthOf(step)` returns its milliseconds at 1x, `sentence(step)` its
// spans of text, and `arrived(moved)` is called once per step. The state is in `store`: step, phase, playing, speed. While the
// picture is hidden, as on another tab, the clock waits.

import { clamp, html, isFixed, rove } from "./dom.js";

export function makeClock(element, root, store, { last, lengthOf, show, sentence, arrived }) {
  const find = (selector) => root.querySelector(selector);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let stopAfter = Infinity; // a single step forward plays that step and stops
  let until = Infinity; // playing stops at this step, once
  let before = 0; // time of the last frame; 0: no frame is requested
  let spoken = -1;
  Object.assign(store, { step: 0, phase: 0, playing: false, speed: 1 });

  /** Open a new picture at `step`. With `play`, it plays to its end, or first only to the step `stopAt`. */
  function open(step, play, stopAt = Infinity) {
    until = stopAt;
    find("[type=range]").max = last();
    spoken = -1;
    set(clamp(step, 0, last()), play && !still.matches ? 0 : 1);
    if (play) start();
    else stop();
  }

  function set(step, phase) {
    const moved = step !== store.step;
    store.step = step;
    store.phase = phase;
    show(step, phase);
    if (moved || spoken !== step) announce(moved);
  }

  /** Update the parts that change once per step. */
  function announce(moved) {
    spoken = store.step;
    find("[type=range]").value = store.step;
    find(".counter").textContent = `${store.step} / ${last()}`;
    const says = find(".says");
    says.replaceChildren();
    for (const span of sentence(store.step)) says.appendChild(html("span", span.role, span.text));
    find("[aria-live]").textContent = says.textContent;
    find("[data-action=first]").disabled = find("[data-action=previous]").disabled = store.step === 0;
    find("[data-action=next]").disabled = find("[data-action=last]").disabled = store.step === last();
    root.dataset.step = store.step;
    arrived(moved);
  }

  function start() {
    if (store.step === last() && store.phase >= 1) set(0, still.matches ? 1 : 0);
    if (still.matches) store.phase = 0; // each step is then shown for its full time
    store.playing = true;
    mark();
    tick();
  }

  function stop() {
    store.playing = false;
    mark();
  }

  function mark() {
    const button = find("[data-action=toggle]");
    button.classList.toggle("playing", store.playing);
    button.setAttribute("aria-label", store.playing ? "Pause" : "Play");
    root.dataset.playing = store.playing;
  }

  function tick() {
    if (before) return;
    before = performance.now();
    requestAnimationFrame(frame);
  }

  function frame(now) {
    const delta = Math.max(0, now - before); // a frame's time may be earlier than its request
    before = 0;
    const moving = store.playing || (store.step === stopAfter && store.phase < 1);
    const isHidden = root.getClientRects().length === 0;
    if (!moving || isHidden || !element.isConnected) return;
    const pace = store.playing ? store.speed : Math.max(1.6, store.speed);
    const phase = store.phase + (Math.min(delta, 250) * pace) / lengthOf(store.step);
    if (phase < 1) {
      if (still.matches) store.phase = phase; // time passes, nothing moves
      else set(store.step, phase);
    } else if (store.playing && store.step < Math.min(last(), until)) {
      set(store.step + 1, still.matches ? 1 : 0);
      if (still.matches) store.phase = 0;
    } else {
      set(store.step, 1);
      stop();
      return;
    }
    tick();
  }

  /** Go to the end of `step`; with `shown`, play the step first. */
  function goTo(step, shown = false) {
    if (!store.payload) return;
    stop();
    step = clamp(step, 0, last());
    const animated = shown && !still.matches && step > 0;
    stopAfter = animated ? step : Infinity;
    set(step, animated ? 0 : 1);
    if (animated) tick();
  }

  const actions = {
    first: () => goTo(0),
    previous: () => goTo(store.step - 1),
    toggle: () => {
      until = Infinity;
      if (store.playing) stop();
      else start();
    },
    next: () => goTo(store.step + 1, true),
    last: () => goTo(last()),
  };
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    if (button && store.payload && !isFixed("steps") && actions[button.dataset.action]) actions[button.dataset.action]();
  });
  find("[type=range]").addEventListener("input", (event) => goTo(Number(event.target.value)));
  const speeds = [...root.querySelectorAll("[data-speed]")];
  const choose = (button) => {
    store.speed = Number(button.dataset.speed);
    for (const other of speeds) {
      other.setAttribute("aria-checked", String(other === button));
      other.tabIndex = other === button ? 0 : -1;
    }
  };
  for (const button of speeds) button.addEventListener("click", () => choose(button));
  rove(find(".speeds"), () => speeds, choose);
  choose(speeds[1]);

  const keys = { " ": "toggle", ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last" };
  root.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || isFixed("steps") || event.ctrlKey || event.metaKey || event.altKey || !store.payload) return;
    // These controls use the key themselves.
    if (event.target.closest("input, select") || (event.key === " " && event.target.closest("button"))) return;
    event.preventDefault();
    actions[action]();
  });

  new IntersectionObserver(tick).observe(root); // go on when the picture appears

  /** If a lesson fixes the step, only the current step can be opened. */
  const allowed = (step, shown) => isFixed("steps") && step !== store.step ? undefined : goTo(step, shown);

  return { open, set, stop, goTo: allowed, still };
}
