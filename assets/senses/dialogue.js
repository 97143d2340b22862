// The view Dialogue: answers side by side, and one of them under two questions, piece by piece.

import { makeBoard } from "../lib/component.js";
import { html, rove } from "../lib/dom.js";

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".dialogue-view");
  const find = (selector) => root.querySelector(selector);

  function show(payload) {
    find(".dialogue-opening").textContent = payload.opening;
    find(".dialogue-examples").replaceChildren(...payload.examples.map(({ text, shown }, index) => {
      const button = html("button", "text-button", text);
      button.type = "button";
      button.setAttribute("aria-pressed", String(shown));
      button.addEventListener("click", () => trigger("example", { index }));
      return button;
    }));
    find(".dialogue-answers").replaceChildren(...payload.answers.map((answer, index) => card(answer, index, payload.answer)));
    swap(payload.swap);
    varieties(payload.varieties);
    const { lambda, gamma, others, beam, samples, top_p: topP } = payload.settings;
    find(".dialogue-mmi").textContent = `Reranked (MMI): of the ${beam} hypotheses of a beam and ${samples} drawn replies (top-p ${topP}), the one with the largest log p(T|S) − ${lambda} log p(T) + ${gamma} |T|, after Li et al. 2016. T is the reply, S your question, |T| its pieces; p(T) is the mean of the model's own p(T|q) over ${others} other questions q.`;
    const { title, architecture, licence } = payload.model;
    find(".dialogue-origin").textContent = `${title}, ${architecture}. Weights: ${licence}. What you type is not kept.`;
  }

  function card({ how, text }, index, chosen) {
    const button = html("button", "dialogue-answer");
    button.type = "button";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", String(index === chosen));
    button.tabIndex = index === chosen ? 0 : -1;
    button.append(html("small", "", how), html("span", "dialogue-text", text || "(nothing)"));
    button.addEventListener("click", () => trigger("choose", { answer: index }));
    return button;
  }

  function swap(found) {
    find(".dialogue-swap").hidden = !found;
    if (!found) return;
    const most = Math.max(...found.rows.flatMap(({ bits }) => bits)) || 1;
    const head = html("tr");
    head.append(html("th", "", "question"), html("th", "", "mean"), ...found.pieces.map(({ text, kind }) => html("th", `dialogue-piece ${kind}`, text)));
    const lines = found.rows.map(({ question, bits, mean }) => {
      const line = html("tr");
      const name = html("th", "", question);
      name.scope = "row";
      line.append(name, html("td", "dialogue-mean", mean.toFixed(2)), ...bits.map((value) => {
        const cell = html("td", "dialogue-bit", value.toFixed(1));
        cell.style.setProperty("--share", value / most);
        return cell;
      }));
      return line;
    });
    find("[data-testid=dialogue-bits]").replaceChildren(head, ...lines);
    find(".dialogue-says").textContent = found.says;
  }

  function varieties(found) {
    find(".dialogue-more").hidden = !found;
    if (!found) return;
    find(".dialogue-question").textContent = found.says;
    const row = (cells, name) => {
      const line = html("tr");
      line.append(...cells.map((text) => html(name, "", text)));
      return line;
    };
    find(".dialogue-table").replaceChildren(row(found.head, "th"), ...found.rows.map((cells) => row(cells, "td")));
  }

  for (const name of ["draw", "swap"]) find(`[data-action=${name}]`).addEventListener("click", () => (name === "draw" ? trigger("draw") : trigger("swap")));
  rove(find(".dialogue-answers"), () => [...root.querySelectorAll(".dialogue-answer")], (answer) => answer.click());
  makeBoard(root, props, watch, show);
}
