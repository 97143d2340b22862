// The most probable pieces of the current step as buttons. The chosen piece is marked; each other button forks the decoding.

import { html, part, probabilityText } from "../lib/dom.js";

const MOST_CANDIDATES = 5;

export function makeCandidates(root, store) {
  const list = root.querySelector(".candidates");
  const title = root.querySelector(".choice-title");
  const unit = root.querySelector(".choice-unit");
  const hint = root.querySelector(".choice-hint");
  let shown = 0;

  /** Return the first K candidates of the step, plus the chosen piece if it is not among them. */
  function entries(step) {
    const record = store.payload.trace.steps[step - 1];
    const labels = store.payload.views.pieces;
    const rows = record.candidates.slice(0, MOST_CANDIDATES).map((c, i) => ({
      token: c.token,
      log_prob: c.log_prob,
      label: labels.candidates[step - 1][i],
      rank: i + 1,
      chosen: c.token === record.token,
    }));
    if (!rows.some((row) => row.chosen)) {
      const { token, log_prob, rank } = record;
      rows.push({ token, log_prob, label: labels.target[step - 1], rank, chosen: true });
    }
    return rows;
  }

  /** Return whether the piece of a step was forced. The model chose the pieces that a fork shares with its original. */
  function isForced(step) {
    const { fork, trace } = store.payload;
    return trace.steps[step - 1].forced && !(fork && step <= fork.shared);
  }

  function build(step) {
    shown = step;
    list.replaceChildren();
    hint.hidden = step === 0;
    if (step === 0) {
      title.textContent = "Next piece";
      unit.textContent = "The decoder has not started yet: its five best candidates appear here at each step.";
      return;
    }
    const record = store.payload.trace.steps[step - 1];
    title.textContent = `Step ${step}: which piece comes next?`;
    unit.textContent = `Probability (${isForced(step) ? "forced" : "free running"}) · entropy ${record.entropy.toFixed(2)} bits`;
    for (const row of entries(step)) list.appendChild(button(step, row));
  }

  function button(step, row) {
    const node = html("button", `candidate ${row.label.kind}`);
    const p = Math.exp(row.log_prob);
    node.type = "button";
    node.dataset.token = row.token;
    node.dataset.testid = `candidate-${row.rank}`;
    node.classList.toggle("chosen", row.chosen);
    node.classList.toggle("outside", row.rank > MOST_CANDIDATES);
    node.appendChild(html("span", "candidate-piece", row.label.text));
    const track = node.appendChild(html("span", "candidate-track"));
    track.appendChild(html("span", "candidate-bar")).style.setProperty("--p", Math.min(1, p));
    node.appendChild(html("span", "candidate-p", probabilityText(p)));
    const place = row.rank > MOST_CANDIDATES ? `, rank ${row.rank}` : "";
    const how = isForced(step) ? "forced" : "chosen";
    node.appendChild(html("span", "candidate-note", row.chosen ? how + place : "fork"));
    const effect = row.chosen ? how : "force this piece and continue from it";
    node.setAttribute("aria-label", `${row.label.text}, probability ${probabilityText(p)}${place}, ${effect}`);
    if (row.chosen) node.setAttribute("aria-disabled", "true");
    else node.addEventListener("click", () => store.force(step, row.token));
    const light = () => store.focus(row.chosen ? { target: step - 1 } : null);
    for (const event of ["pointerenter", "focus"]) node.addEventListener(event, light);
    for (const event of ["pointerleave", "blur"]) node.addEventListener(event, () => store.focus(null));
    return node;
  }

  function draw(step, phase) {
    if (step !== shown) build(step);
    if (step === 0) return;
    list.style.setProperty("--grown", part(phase, 0.38, 0.66).toFixed(3));
    list.classList.toggle("decided", phase >= 0.7);
  }

  /** Highlight the chosen piece if it has the focus on the stage. */
  function light(focus) {
    for (const node of list.children)
      node.classList.toggle("lit", Boolean(focus && focus.target === shown - 1 && node.classList.contains("chosen")));
  }

  return { build, draw, light };
}
