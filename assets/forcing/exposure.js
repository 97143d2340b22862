// The view Over many sentences: progress while the sentences are measured, then figures, the worst sentences and the table.

import { makeFigures } from "../lib/charts/figures.js";
import { makeBoard } from "../lib/component.js";
import { html } from "../lib/dom.js";
import { showProgress } from "../lib/progress.js";
import { makeByPosition } from "../lib/charts/table.js";

const LISTED = 12;

export function start({ element, props, watch }) {
  const root = element.querySelector(".exposure");
  const find = (selector) => root.querySelector(selector);
  const search = find("[data-testid=find]");
  let listed = LISTED; // number of sentences shown
  const figures = makeFigures(root, find(".figures"), props.plotly);
  const byPosition = makeByPosition(root, "by-position.csv");
  let shown = null;

  function show(payload) {
    if (payload.share !== undefined && payload.serial < Number(root.dataset.serial)) return false; // it was cancelled
    if (showProgress(root, payload)) return false;
    shown = payload;
    find(".exposure-about").textContent = payload.about;
    find(".origin").textContent = `${payload.model.title}. Trained on ${payload.model.trained_on}`;
    headline(payload.headline);
    listed = LISTED;
    search.value = "";
    sentences();
    byPosition.show(payload.table);
    figures.show(payload.figures);
    return true;
  }

  function headline(entries) {
    const list = find(".headline");
    list.replaceChildren(...entries.map(({ name, value }) => {
      const box = html("div");
      box.append(html("dt", "", name), html("dd", "", value));
      return box;
    }));
  }

  /** List the sentences that contain the search text, `listed` of them at most. */
  function sentences() {
    const rows = shown.sentences;
    find(".worst").hidden = !rows.length;
    const wanted = search.value.trim().toLowerCase();
    const found = rows.filter(({ row, source, reference, hypothesis }) =>
      !wanted || String(row) === wanted || `${source}\n${reference}\n${hypothesis}`.toLowerCase().includes(wanted));
    find("[data-testid=found]").textContent =
      found.length ? `${Math.min(listed, found.length)} of ${found.length}` : "No sentence holds this.";
    find(".worst ol").replaceChildren(...found.slice(0, listed).map(sentence));
    find("[data-testid=more]").hidden = listed >= found.length;
  }

  function sentence({ row, source, reference, hypothesis, forced, free, pieces }) {
    const line = html("li");
    const open = line.appendChild(html("a", "", source));
    const given = { tab: shown.lanes, text: source, reference, ...Object.fromEntries(shown.link) };
    open.href = `?${new URLSearchParams(given)}`;
    line.append(html("span", "target", hypothesis), html("span", "hint", `reference: ${reference}`));
    line.append(html("span", "hint", `pair ${row}: of ${pieces} pieces, ${forced} right fed the reference, ${free} fed its own output`));
    return line;
  }

  search.addEventListener("input", () => {
    listed = LISTED;
    sentences();
  });
  find("[data-testid=more]").addEventListener("click", () => {
    const first = listed;
    listed += LISTED;
    sentences();
    find(`.worst li:nth-child(${first + 1}) a`).focus();
  });
  makeBoard(root, props, watch, show, figures.paint);
}
