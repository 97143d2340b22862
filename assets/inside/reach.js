// The view How far back: one row per model, one column per earlier piece; the shade is the share of the gradient.

import { makeBoard } from "../lib/component.js";
import { html, probabilityText, rove } from "../lib/dom.js";
import { percentText } from "../lib/charts/heat-table.js";
import { shade } from "../lib/charts/shade.js";
import { reachFiles } from "./reach-files.js";

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".reach");
  const find = (selector) => root.querySelector(selector);

  let current = null;

  function show(payload) {
    current = payload;
    find(".origin").textContent = `The translation is fed to all models. Trained on ${payload.model.trained_on}`;
    steps(payload);
    table(payload);
    find(".reach-says").replaceChildren(...payload.says.map((said) => html("p", "", said)));
  }

  function steps({ steps, step }) {
    find(".steps").replaceChildren(...steps.map(({ text, kind }, t) => {
      const chip = html("button", `strip-chip step-chip ${kind}`);
      chip.type = "button";
      chip.setAttribute("role", "radio");
      chip.setAttribute("aria-checked", String(t + 1 === step));
      chip.tabIndex = t + 1 === step ? 0 : -1;
      chip.append(html("span", "", text), html("small", "", String(t + 1)));
      chip.addEventListener("click", () => trigger("choose", { step: t + 1 }));
      return chip;
    }));
  }

  function table({ source, fed, rows, steps, step, most }) {
    const head = html("tr");
    head.append(html("td"), ...source.map(({ text, kind }) => column(text, `source ${kind}`)), html("td", "gap"),
      ...fed.map(({ text, kind }) => column(text, `target ${kind}`)), html("td", "gap"), column("p", ""));
    const lines = rows.map((row) => {
      const line = html("tr");
      line.dataset.model = row.model;
      line.appendChild(html("th", "", row.title.replace(" encoder-decoder", ""))).scope = "row";
      const cell = (share, norm) => {
        const box = html("td", "cell", percentText(share));
        box.title = `norm ${norm.toPrecision(2)} nats per unit`;
        shade(box, share / most);
        return box;
      };
      line.append(...row.source.map((share, i) => cell(share, row.source_norms[i])), html("td", "gap"),
        ...row.fed.map((share, i) => cell(share, row.fed_norms[i])), html("td", "gap"), html("td", "number", probabilityText(Math.exp(row.log_prob))));
      return line;
    });
    find(".reach-hint").textContent = `Share of the gradient of “${steps[step - 1].text}”: blue is the source, orange what the decoder was fed. The darkest cell is ${percentText(most)}. p is the probability of the piece, teacher-forced.`;
    find(".reach-table").replaceChildren(head, ...lines);
  }

  function column(text, kind) {
    const cell = html("th", "column");
    cell.scope = "col";
    cell.appendChild(html("span", kind, text));
    return cell;
  }

  rove(find(".steps"), () => [...root.querySelectorAll(".step-chip")], (chip) => chip.click());
  find(".reach-files").appendChild(reachFiles(() => current));
  makeBoard(root, props, watch, show);
}
