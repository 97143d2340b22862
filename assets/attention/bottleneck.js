// The view The bottleneck: translation quality by sentence length, and one sentence whose length a slider sets.

import { makeFigures } from "../lib/charts/figures.js";
import { makeBoard } from "../lib/component.js";
import { html } from "../lib/dom.js";
import { showProgress } from "../lib/progress.js";
import { fillTable } from "../lib/charts/table.js";

export function start({ element, props, watch }) {
  const root = element.querySelector(".bottleneck");
  const find = (selector) => root.querySelector(selector);
  const figures = makeFigures(root, find(".figures"), props.plotly);
  const slider = find("[data-testid=clauses]");
  let given = null;
  let number = 0; // index of the sentence

  function show(payload) {
    if (showProgress(root, payload)) {
      for (const part of [".grown", ".reading"]) find(part).hidden = !given;
      return false;
    }
    given = payload;
    for (const part of [".grown", ".reading"]) find(part).hidden = false;
    slider.max = payload.sentences.length;
    slider.value = payload.start.clauses;
    number = payload.start.sentence - 1;
    find(".bottleneck-says").replaceChildren(...payload.says.map((said) => html("p", "", said)));
    find("[data-testid=signatures]").textContent = `chrF of a length is the mean of its sentences', BLEU that of all of them together. ${payload.signatures}`;
    fillTable(find("[data-testid=by-length]"), payload.table.columns, payload.table.rows, 1);
    figures.show(payload.figures);
    grow();
    return true;
  }

  function grow() {
    const clauses = Number(slider.value);
    const { source, reference, written } = given.sentences[clauses - 1][number];
    const said = `${clauses} ${clauses === 1 ? "clause" : "clauses"}, ${source.split(" ").length} words`;
    find("[data-testid=clauses-said]").textContent = said;
    slider.setAttribute("aria-valuetext", said);
    find("[data-testid=grown-source]").textContent = source;
    find("[data-testid=grown-reference]").textContent = `reference: ${reference}`;
    find(".grown-written").replaceChildren(...written.map(({ name, model, text, chrf }) => {
      const box = html("section", "panel");
      box.setAttribute("aria-label", name);
      box.append(html("h4", "", name), html("p", "target", text), html("p", "hint", `chrF ${chrf.toFixed(1)}, free-running (greedy)`));
      const anchor = html("a", "", "Where did it look?");
      anchor.href = `?${new URLSearchParams({ tab: "attention", text: source, panels: model })}`;
      box.appendChild(anchor);
      return box;
    }));
    const own = { clauses, sentence: number + 1 };
    given.link = [...given.link.filter(([key]) => !(key in own)), ...Object.entries(own)];
  }

  slider.addEventListener("input", () => {
    grow();
    board.update();
  });
  find("[data-testid=another]").addEventListener("click", () => {
    number = (number + 1) % given.sentences[0].length;
    grow();
    board.update();
  });
  const board = makeBoard(root, props, watch, show, figures.paint);
}
