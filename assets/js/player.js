// The player: one clock and one state (`store`) for the stage, the candidates, the heatmap and the address bar.

const STEP_MS = 1500; // one decoding step at 1x
const READ_MS = 1400; // the encoder reading the source

function startPlayer(element, trigger, props, watch) {
  const root = element.querySelector(".player");
  const find = (selector) => root.querySelector(selector);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const store = { payload: null, step: 0, phase: 0, playing: false, speed: 1, focused: null, goTo, force, focus };
  const stage = makeStage(root, store);
  const candidates = makeCandidates(root, store);
  const compare = makeCompare(root, store);
  const heatmap = makeHeatmap(root, store, props.plotly);
  const link = makeLink(store, props.parameters);
  let stopAfter = Infinity; // a single step forward plays that step and stops
  let before = 0; // time of the last frame; 0: no frame is due
  let spoken = -1;
  let width = 0; // of the stage, when it was last laid out

  const last = () => store.payload.trace.steps.length;

  // --- what is shown -----------------------------------------------------------------------------------------------

  function open() {
    let payload;
    try {
      payload = JSON.parse(props.value);
    } catch {
      return; // nothing to show yet
    }
    if (store.payload === null && payload.start.from === "page" && link.isPresent()) return; // the linked trace is on its way
    store.payload = payload;
    store.focused = null;
    const facts = [readingOf(payload.trace), ...payload.trace.lanes];
    for (const node of root.querySelectorAll("[data-when]")) node.hidden = !facts.includes(node.dataset.when);
    root.dataset.trace = payload.id;
    find("[type=range]").max = last();
    spoken = -1;
    stage.build();
    width = stage.width;
    compare.build();
    candidates.build(0);
    const { step, play } = payload.start;
    set(clamp(step, 0, last()), play && !still.matches ? 0 : 1);
    stage.follow(store.step, false);
    if (play) start();
    else stop();
    root.classList.add("ready");
    const draw = () => heatmap.build();
    if (window.requestIdleCallback) requestIdleCallback(draw, { timeout: 1500 });
    else setTimeout(draw, 200);
  }

  function set(step, phase) {
    const moved = step !== store.step;
    store.step = step;
    store.phase = phase;
    stage.draw(step, phase);
    candidates.draw(step, phase);
    heatmap.draw(step, phase);
    if (moved || spoken !== step) announce(moved);
  }

  /** What is said of a step; of one that a fork shares with its original, what the original says. */
  function sentence(step) {
    const { fork, views } = store.payload;
    return fork && step <= fork.shared ? fork.original.sentences[step] : views.sentences[step];
  }

  /** Everything that changes only with whole steps. */
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
    if (moved) stage.follow(store.step, !still.matches);
    link.update();
  }

  // --- the clock ---------------------------------------------------------------------------------------------------

  function start() {
    if (store.step === last() && store.phase >= 1) set(0, still.matches ? 1 : 0);
    if (still.matches) store.phase = 0; // each step then stands for its full time
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
    const delta = Math.max(0, now - before); // a frame's time may lie before the moment it was asked for
    before = 0;
    const moving = store.playing || (store.step === stopAfter && store.phase < 1);
    if (!moving || !element.isConnected) return;
    const length = store.step === 0 ? READ_MS : STEP_MS;
    const pace = store.playing ? store.speed : Math.max(1.6, store.speed);
    const phase = store.phase + (Math.min(delta, 250) * pace) / length;
    if (phase < 1) {
      if (still.matches) store.phase = phase; // time passes, nothing moves
      else set(store.step, phase);
    } else if (store.playing && store.step < last()) {
      set(store.step + 1, still.matches ? 1 : 0);
      if (still.matches) store.phase = 0;
    } else {
      set(store.step, 1);
      stop();
      return;
    }
    tick();
  }

  /** To `step`, as it stands at its end; `shown` plays the step first. */
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
    toggle: () => (store.playing ? stop() : start()),
    next: () => goTo(store.step + 1, true),
    last: () => goTo(last()),
    restore: () => trigger("restore", {}),
    download: () => saveFile("trace.json", JSON.stringify(store.payload.trace, null, 1), "application/json"),
  };

  // --- what a visitor does -----------------------------------------------------------------------------------------

  function force(step, token) {
    stop();
    trigger("force_token", { trace_id: store.payload.id, step, token });
  }

  function focus(what) {
    if (JSON.stringify(what) === JSON.stringify(store.focused)) return;
    store.focused = what;
    stage.light(store.step);
    candidates.light(what);
    heatmap.light();
  }

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    if (button && store.payload) actions[button.dataset.action]();
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
    if (!action || event.ctrlKey || event.metaKey || event.altKey || !store.payload) return;
    if (event.target.closest("input") || (event.key === " " && event.target.closest("button"))) return; // their own keys
    event.preventDefault();
    actions[action]();
  });

  // --- the page around it ------------------------------------------------------------------------------------------

  new ResizeObserver(() => {
    if (!store.payload || !stage.width || stage.width === width) return; // a hidden tab has no width
    width = stage.width;
    stage.build();
    stage.draw(store.step, store.phase);
    stage.follow(store.step, false);
    heatmap.redraw();
  }).observe(root);
  new MutationObserver(() => heatmap.redraw()).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  watch("value", open);
  open();
}
