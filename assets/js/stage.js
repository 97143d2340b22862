// The stage: source pieces, the encoder's two lanes, the decoder's states and the written pieces, drawn once per trace in SVG.
// `draw(step, phase)` then only shows how far things are: it is a pure function of the clock.

function makeStage(root, store) {
  const scene = root.querySelector(".scene");
  const scroller = root.querySelector(".scroller");
  const names = root.querySelector(".lane-names");
  for (const [row, text] of NAMES) {
    const name = html("span", `lane-name lane-${row}`, text);
    name.style.top = `${ROWS[row]}px`;
    names.appendChild(name);
  }
  names.style.height = `${ROWS.height}px`;
  let plan, parts, arcs;
  let drawn = -1; // the step that is on the stage
  scroller.addEventListener("scroll", () => arcs && arcs.place(), { passive: true });

  function build() {
    drawn = -1;
    const { trace, views, fork } = store.payload;
    plan = layout(views.pieces, Math.max(240, scroller.clientWidth));
    scene.replaceChildren();
    scene.setAttribute("width", plan.width);
    scene.setAttribute("height", ROWS.height);
    defineMarks();
    parts = { source: [], forward: [], backward: [], states: [], output: [], weights: [], moves: [] };
    const behind = svg("g", { class: "lanes" }, scene);
    arcs = makeArcs(svg("g", { class: "arcs" }, scene), store, plan, scroller);
    const full = { forward: fullBar(trace.source.map((p) => p.forward)), backward: fullBar(trace.source.map((p) => p.backward)) };
    trace.source.forEach((position, i) => {
      const x = plan.source.x[i];
      if (i > 0) {
        lane(behind, plan.source.x[i - 1], x, ROWS.forward, parts.forward, i);
        lane(behind, x, plan.source.x[i - 1], ROWS.backward, parts.backward, i - 1);
      }
      parts.forward[i] = { ...parts.forward[i], state: state(x, ROWS.forward, position.forward, full.forward, "source") };
      parts.backward[i] = { ...parts.backward[i], state: state(x, ROWS.backward, position.backward, full.backward, "source") };
      parts.source[i] = chip(x, ROWS.source, views.pieces.source, plan.source.w, i, "source");
      parts.weights[i] = svg("text", { class: "weight", x, y: ROWS.weight + 6 }, scene);
    });
    const decoderScale = fullBar(trace.steps.map((s) => s.state));
    trace.steps.forEach((step, t) => {
      const x = plan.target.x[t];
      const from = t > 0 ? plan.target.x[t - 1] : x - (plan.target.x[1] - x || 80);
      lane(behind, from, x, ROWS.decoder, parts.moves, t);
      parts.states[t] = state(x, ROWS.decoder, step.state, decoderScale, "target");
      parts.output[t] = chip(x, ROWS.output, views.pieces.target, plan.target.w, t, "target");
      if (step.forced && !(fork && t < fork.shared)) parts.output[t].classList.add("forced");
    });
    for (const kind of ["source", "output"]) parts[kind].forEach((node, i) => node.setAttribute("tabindex", i ? "-1" : "0"));
  }

  function defineMarks() {
    const defs = svg("defs", {}, scene);
    for (const kind of ["source", "target"]) {
      const size = { viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" };
      const marker = svg("marker", { id: `tip-${kind}`, ...size }, defs);
      svg("path", { d: "M0 0L8 4L0 8z", class: `tip ${kind}` }, marker);
    }
    const upwards = { gradientUnits: "userSpaceOnUse", x1: 0, x2: 0, y1: ROWS.arcBottom, y2: ROWS.arcTop };
    const fade = svg("linearGradient", { id: "arc-fade", ...upwards }, defs);
    svg("stop", { offset: "0.25", class: "fade-source" }, fade);
    svg("stop", { offset: "1", class: "fade-target" }, fade);
  }

  function lane(parent, from, to, y, list, i) {
    const room = STATE.width / 2 + 2;
    const way = Math.sign(to - from);
    const kind = list === parts.moves ? "target" : "source";
    const d = `M${from + way * room} ${y}H${to - way * room}`;
    const line = svg("path", { class: `move ${kind}`, d, pathLength: 1, "marker-end": `url(#tip-${kind})` }, parent);
    list[i] = { ...list[i], line };
  }

  function state(x, y, values, scale, kind) {
    const group = svg("g", { class: `state ${kind}`, transform: `translate(${x} ${y})` }, scene);
    svg("rect", { x: -STATE.width / 2, y: -STATE.height / 2, width: STATE.width, height: STATE.height, rx: 5 }, group);
    svg("path", { class: "axis", d: `M${-STATE.width / 2 + 2} 0H${STATE.width / 2 - 2}` }, group);
    svg("path", { class: "bars", d: statePath(values, scale) }, group);
    return group;
  }

  function chip(x, y, labels, widths, i, kind) {
    const label = labels[i];
    const group = svg("g", { class: `chip ${kind} ${label.kind}`, transform: `translate(${x} ${y})` }, scene);
    group.setAttribute("role", kind === "source" ? "img" : "button");
    group.setAttribute("aria-label", `${kind === "source" ? "source piece" : "written at step"} ${i + 1}: ${label.text}`);
    group.dataset.testid = `${kind}-${i}`;
    if (joined(labels, i)) {
      const before = (kind === "source" ? plan.source : plan.target).x[i - 1] - x;
      svg("path", { class: "tie", d: `M${before + widths[i - 1] / 2} 0H${-widths[i] / 2}` }, group);
    }
    svg("rect", { x: -widths[i] / 2, y: -17, width: widths[i], height: 34, rx: 7 }, group);
    svg("text", { y: 6 }, group).textContent = label.text;
    group.addEventListener("pointerenter", () => store.focus({ [kind]: i }));
    group.addEventListener("pointerleave", () => store.focus(null));
    group.addEventListener("focus", () => store.focus({ [kind]: i }));
    group.addEventListener("blur", () => store.focus(null));
    if (kind === "target") group.addEventListener("click", () => store.goTo(i + 1));
    group.addEventListener("keydown", (event) => {
      if (kind !== "target" || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      event.stopPropagation();
      store.goTo(i + 1);
    });
    return group;
  }

  rove(scene, () => {
    const active = document.activeElement;
    return parts.source.includes(active) ? parts.source : parts.output.filter((node) => !node.style.visibility);
  });

  /** `step` 0 is the encoder at work; `phase` 0..1 is how far the step has come. Within a step only its own parts change. */
  function draw(step, phase) {
    const moved = step !== drawn;
    drawn = step;
    if (moved || step === 0) drawEncoder(step === 0 ? phase : 1);
    if (moved) parts.states.forEach((_, t) => drawStep(t, step, phase));
    else if (step > 0) drawStep(step - 1, step, phase);
    arcs.draw(step, phase, moved);
    if (moved) light(step);
  }

  /** Forward states appear from the left, backward states from the right. */
  function drawEncoder(amount) {
    const count = parts.source.length;
    for (let i = 0; i < count; i++) {
      show(parts.forward[i], part(amount * (count + 2), i, i + 2));
      show(parts.backward[i], part(amount * (count + 2), count - 1 - i, count + 1 - i));
    }
  }

  /** The decoder state of step `t` (0-based) and the piece that it wrote, which rises from the state to the output. */
  function drawStep(t, step, phase) {
    const at = t + 1 === step;
    const reached = t + 1 < step ? 1 : at ? part(phase, 0, 0.12) : 0;
    const written = t + 1 < step ? 1 : at ? part(phase, 0.72, 0.92) : 0;
    const state = parts.states[t];
    const piece = parts.output[t];
    state.style.opacity = parts.moves[t].line.style.opacity = reached;
    parts.moves[t].line.style.strokeDashoffset = 1 - reached;
    state.classList.toggle("current", at);
    piece.style.opacity = Math.min(1, written * 2);
    piece.style.visibility = written ? "" : "hidden"; // neither seen nor reached by keyboard
    const y = ROWS.output + (1 - written) * (ROWS.decoder - ROWS.output);
    piece.setAttribute("transform", `translate(${plan.target.x[t]} ${y})`);
    piece.classList.toggle("current", at);
    piece.setAttribute("aria-hidden", String(!written));
  }

  function show(item, amount) {
    item.state.style.opacity = amount;
    if (!item.line) return;
    item.line.style.opacity = amount;
    item.line.style.strokeDashoffset = 1 - amount;
  }

  /** Weights beneath the source, and what hovering or focusing a piece lights up. */
  function light(step) {
    const focus = store.focused;
    const shown = focus && focus.target !== undefined ? focus.target + 1 : step;
    const weights = shown > 0 ? store.payload.trace.steps[shown - 1].attention : null;
    parts.source.forEach((node, i) => {
      const weight = weights ? weights[i] : 0;
      node.style.setProperty("--weight", weight.toFixed(3));
      parts.weights[i].textContent = weight >= 0.05 ? weight.toFixed(2) : "";
      node.classList.toggle("lit", Boolean(focus && focus.source === i));
    });
    parts.output.forEach((node, t) => node.classList.toggle("lit", Boolean(focus && focus.target === t)));
    scene.classList.toggle("dimmed", Boolean(focus));
    arcs.light(focus);
  }

  /** Keep the current step, and what it looks at, in sight where the sentence is wider than the stage. */
  function follow(step, smooth) {
    if (!plan || plan.width <= scroller.clientWidth + 1) return;
    let x = plan.source.x[0];
    if (step > 0) {
      const weights = store.payload.trace.steps[step - 1].attention;
      const looked = weights ? plan.source.x[weights.indexOf(Math.max(...weights))] : plan.target.x[step - 1];
      const room = scroller.clientWidth * 0.8;
      x = plan.target.x[step - 1] + clamp((looked - plan.target.x[step - 1]) / 2, -room / 2, room / 2);
    }
    const left = Math.max(0, x - scroller.clientWidth / 2);
    scroller.scrollTo({ left, behavior: smooth ? "smooth" : "auto" });
  }

  return { build, draw, light, follow, get width() { return scroller.clientWidth; } };
}
