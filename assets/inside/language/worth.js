// What the source is worth: the bits of each piece without a source, with its own, and with somebody else's.

import { html } from "../../lib/dom.js";

export function makeWorth(root, trigger) {
  const find = (selector) => root.querySelector(selector);
  const form = find("form");
  const texts = ["target", "source", "stranger"];
  let shown = null;

  function show(worth) {
    root.hidden = !worth;
    if (!worth) return;
    for (const name of texts) if (shown?.[name] !== worth[name]) form.elements[name].value = worth[name];
    shown = worth;
    const most = Math.max(...worth.rows.flatMap(({ steps }) => steps)) || 1; // one scale for the three rows
    const head = html("tr");
    for (const [title, kind] of [["", ""], ["bits a piece", ""], ...worth.pieces.map(({ text, kind }) => [text, `target ${kind}`])]) {
      head.appendChild(html("th", kind, title)).scope = "col";
    }
    find(".language-bits").replaceChildren(head, ...worth.rows.map(({ title, source, bits, steps }) => {
      const row = html("tr");
      const name = row.appendChild(html("th", "", title));
      name.scope = "row";
      if (source) name.appendChild(html("small", "source", source));
      row.appendChild(html("td", "language-mean", bits.toFixed(2)));
      row.append(...steps.map((value) => {
        const cell = html("td", "language-bit", value.toFixed(1));
        cell.style.setProperty("--share", (value / most).toFixed(3));
        return cell;
      }));
      return row;
    }));
    find(".language-says").textContent = `${worth.says} Translation model: ${worth.translator.title} (${worth.translator.name}).`;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    trigger("source", Object.fromEntries(texts.map((name) => [name, form.elements[name].value])));
  });

  return { show };
}
