// Changes that a visitor can make: give the free lane a word of the reference, put a wrong word into a lane, or replace every
// word in turn.

import { clamp, html } from "../../lib/dom.js";

export function makeLanesTools(root, store, trigger) {
  const rescue = root.querySelector("form.rescue");
  const wrong = root.querySelector("form.wrong");
  const outcome = root.querySelector(".outcome");
  const curve = root.querySelector(".curve");
  const id = () => store.payload.id;

  function build() {
    const { words, third, every } = store.payload;
    options(rescue.elements.word, words.forced);
    places();
    outcome.hidden = !third;
    const says = outcome.querySelector(".outcome-says");
    says.replaceChildren(...(third ? third.says.map((span) => html("span", span.role, span.text)) : []));
    curve.hidden = !every;
    if (every) fill(every);
  }

  function options(select, texts) {
    select.replaceChildren(...texts.map((text, i) => {
      const option = html("option", "", text);
      option.value = i;
      return option;
    }));
    for (const control of select.form.elements) control.disabled = !texts.length;
  }

  function places() {
    const { words } = store.payload;
    options(wrong.elements.word, words[wrong.elements.lane.value]);
    wrong.elements.lane.disabled = false;
  }

  /** Let the rescue offer the reference's word that corresponds to the current step. */
  function draw(step) {
    const { expected_words: expected } = store.payload;
    const t = clamp(step - 1, 0, expected.length - 1);
    rescue.querySelector(".rescue-step").textContent = t + 1;
    rescue.elements.word.value = expected[t];
    rescue.dataset.step = t;
  }

  rescue.addEventListener("submit", (event) => {
    event.preventDefault();
    trigger("rescue", { id: id(), step: Number(rescue.dataset.step), word: Number(rescue.elements.word.value) });
  });
  wrong.addEventListener("submit", (event) => {
    event.preventDefault();
    const { lane, word, text } = wrong.elements;
    trigger("inject", { id: id(), lane: lane.value, word: Number(word.value), text: text.value });
  });
  wrong.elements.lane.addEventListener("change", places);
  root.querySelector("[data-do=every]").addEventListener("click", () => trigger("every_word", { id: id(), lane: wrong.elements.lane.value }));
  root.querySelector("[data-do=clear]").addEventListener("click", () => trigger("clear", { id: id() }));

  function fill({ lane, rows }) {
    curve.querySelector(".curve-title").textContent = `Every word in turn, in the lane ${lane === "forced" ? "fed the reference" : "fed its own output"}`;
    const most = Math.max(1, ...rows.map((row) => row.lost));
    const head = html("tr");
    for (const name of ["word", "replaced by", "lost", "recovery"]) head.appendChild(html("th", "", name)).scope = "col";
    const body = rows.map((row) => {
      const line = html("tr");
      line.append(html("td", "target", row.right), html("td", "", row.wrong), lostCell(row.lost, most), html("td", "", recovered(row)));
      return line;
    });
    curve.querySelector("table").replaceChildren(head, ...body);
  }

  function lostCell(lost, most) {
    const cell = html("td", "lost");
    const track = cell.appendChild(html("span", "lost-track"));
    track.appendChild(html("span", "candidate-bar")).style.setProperty("--p", clamp(lost / most, 0, 1));
    cell.appendChild(html("span", "candidate-p", lost.toFixed(2)));
    return cell;
  }

  function recovered({ after, steps }) {
    if (steps === 0) return "nothing follows";
    if (after === null) return `never, in ${steps} ${steps === 1 ? "step" : "steps"}`;
    return after === 0 ? "at once" : `after ${after} of ${steps} steps`;
  }

  return { build, draw };
}
