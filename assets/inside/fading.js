// The view How it fades: what is left of a piece in the encoder's state, as curves and as a table.

import { makeFigures } from "../lib/charts/figures.js";
import { makeBoard } from "../lib/component.js";
import { html } from "../lib/dom.js";
import { showProgress } from "../lib/progress.js";
import { fillTable } from "../lib/charts/table.js";

export function start({ element, props, watch }) {
  const root = element.querySelector(".fading");
  const find = (selector) => root.querySelector(selector);
  const figures = makeFigures(root, find(".figures"), props.plotly);

  function show(payload) {
    if (showProgress(root, payload)) return false;
    find(".fading-says").replaceChildren(...payload.says.map((said) => html("p", "", said)));
    fillTable(find("[data-testid=fading-table]"), payload.table.columns, payload.table.rows, 1);
    figures.show(payload.figures);
    return true;
  }

  makeBoard(root, props, watch, show, figures.paint);
}
