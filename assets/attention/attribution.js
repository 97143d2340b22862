// The view Does it explain?: one step, its source words, and one row for each attribution method.

import { makeBoard } from "../lib/component.js";
import { html, logText, rove } from "../lib/dom.js";

export function start({ element, trigger, props, watch }) {
  const root = element.querySelector(".attribution");
  const find = (selector) => root.querySelector(selector);
  const signed = (value) => {
    const digits = Math.abs(value) < 0.095 ? 3 : 2; // two digits would make small values look equal
    return `${value > 0 ? "+" : value < 0 ? "\u2212" : ""}${Math.abs(value).toFixed(digits)}`;
  };
  const rho = (value) => (value === null ? "–" : logText(value));
  let given = null;

  function show(payload) {
    given = payload;
    find(".origin").textContent = `${payload.model.title}. Free-running (greedy); trained on ${payload.model.trained_on}`;
    find(".says").textContent = payload.says;
    steps();
    table();
    agreements();
    const { difference, sum } = payload.accounts;
    find(".accounts").textContent = "All rows but attention are in nats of the piece's log-probability: + supports the piece, − opposes it. " +
      `Integrated gradients sum to ${signed(sum)}; the log-probability minus that with embeddings of zero is ${signed(difference)}.`;
  }

  function steps() {
    const row = find(".steps");
    row.replaceChildren(...given.steps.map(({ text, kind, agreement }, t) => {
      const chip = html("button", `strip-chip step-chip ${kind}`);
      chip.type = "button";
      chip.setAttribute("role", "radio");
      const on = t + 1 === given.step;
      chip.setAttribute("aria-checked", String(on));
      chip.tabIndex = on ? 0 : -1;
      chip.append(html("span", "", text), html("small", "", `ρ ${rho(agreement)}`));
      chip.addEventListener("click", () => trigger("choose", { step: t + 1 }));
      return chip;
    }));
  }

  function table() {
    const head = html("tr");
    for (const [text, kind] of [["", ""], ...given.source.map(({ text, kind }) => [text, `source ${kind}`])]) {
      head.appendChild(html("th", kind, text)).scope = "col";
    }
    const lines = given.rows.map(({ name, asks, unit, values }) => {
      const line = html("tr");
      const title = line.appendChild(html("th", "method"));
      title.scope = "row";
      title.append(html("strong", "", name), html("small", "", asks));
      const most = Math.max(1e-9, ...values.map((value) => Math.abs(value ?? 0)));
      for (const value of values) {
        const cell = line.appendChild(html("td", "number"));
        if (value === null) {
          cell.textContent = "–";
          continue;
        }
        cell.textContent = unit === "share" ? percentOf(value) : signed(value);
        cell.classList.toggle("against", value < 0);
        cell.style.setProperty("--p", (Math.abs(value) / most).toFixed(3));
      }
      return line;
    });
    find(".attribution-table").replaceChildren(head, ...lines);
  }

  const percentOf = (share) => (share > 0 && share < 0.005 ? "<1%" : `${Math.round(share * 100)}%`);

  function agreements() {
    const names = given.rows.map(({ name }) => name);
    const head = html("tr");
    for (const name of ["", ...names.slice(1)]) head.appendChild(html("th", "", name)).scope = "col";
    const lines = names.slice(0, -1).map((first, i) => {
      const line = html("tr");
      line.appendChild(html("th", "", first)).scope = "row";
      for (const [k, second] of names.slice(1).entries()) {
        const found = given.agreements.find((pair) => pair.first === first && pair.second === second);
        line.appendChild(html("td", "number", k < i ? "" : rho(found.value)));
      }
      return line;
    });
    find("[data-testid=agreements]").replaceChildren(head, ...lines);
  }

  rove(find(".steps"), () => [...root.querySelectorAll(".step-chip")], (chip) => chip.click());
  makeBoard(root, props, watch, show);
}
