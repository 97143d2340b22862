// The view The cure: training recipes compared, and the results of their paper.

import { makeFigures } from "../lib/charts/figures.js";
import { makeBoard } from "../lib/component.js";
import { html } from "../lib/dom.js";
import { fillTable, makeByPosition } from "../lib/charts/table.js";

export function start({ element, props, watch }) {
  const root = element.querySelector(".cure");
  const find = (selector) => root.querySelector(selector);
  const figures = makeFigures(root, find(".figures"), props.plotly);
  const byPosition = makeByPosition(root, "recipes-by-position.csv");

  function show(payload) {
    find(".exposure-about").textContent = payload.about;
    find(".verdicts").replaceChildren(...payload.verdict.map((said) => html("p", "", said)));
    find(".why").textContent = payload.why;
    fillTable(find("[data-testid=recipes]"), payload.recipes.columns, payload.recipes.rows, 1);
    fillTable(find("[data-testid=published]"), payload.published.columns, payload.published.rows, 2);
    lanes(payload.lanes);
    figures.show(payload.figures);
    byPosition.show(payload.table);
  }

  function lanes(addresses) {
    find(".cure-open").hidden = !addresses.length;
    const links = addresses.map(({ name, address }) => {
      const anchor = html("a", "", name);
      anchor.href = address;
      return anchor;
    });
    find(".cure-links").replaceChildren(...links.flatMap((anchor, i) => (i ? [" · ", anchor] : [anchor])));
  }

  makeBoard(root, props, watch, show, figures.paint);
}
