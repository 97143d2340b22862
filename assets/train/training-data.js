// Sentence pairs before training: findings, the first rows, the lengths. All of it is written as text, never as HTML.

import { makeFigures } from "../lib/charts/figures.js";
import { html, payloadOf } from "../lib/dom.js";

export function start({ element, props, watch }) {
  const root = element.querySelector(".material");
  const find = (selector) => root.querySelector(selector);
  const figures = makeFigures(root, find(".figures"), props.plotly);

  function show() {
    const payload = payloadOf(props);
    root.hidden = !payload;
    if (!payload) return;
    root.dataset.serial = payload.serial;
    find(".material-title").textContent = payload.title;
    find(".findings").replaceChildren(...payload.findings.map((text) => html("li", "", text)));
    find(".findings").hidden = !payload.findings.length;
    const head = html("tr");
    for (const name of payload.columns) head.appendChild(html("th", "", name)).scope = "col";
    const caption = html("caption", "hint", "The first rows");
    find("table").replaceChildren(caption, head, ...payload.rows.map((cells) => {
      const row = html("tr");
      row.append(...cells.map((cell) => html("td", "", cell)));
      return row;
    }));
    figures.show(payload.figures);
  }

  new ResizeObserver(() => root.clientWidth && figures.paint()).observe(root);
  watch("value", show);
  show();
}
