// What the units do: the words at which one moves most, and the unit that follows each feature of the text best.

import { html, logText } from "../../lib/dom.js";

/** Fill the part `root`; `choose(layer, unit)` is called with a unit from 1. */
export function showUnits(root, { does, unit }, choose) {
  root.querySelector(".units-says").textContent = does ? does.says : "Reading the phrasebook…";
  root.querySelector(".units-columns").hidden = !does;
  if (!does) return;
  const words = root.querySelector("[data-testid=unit-words]");
  words.replaceChildren(row(["word", "change of the output"], "th"), ...does.words.map(({ text, change }) => row([text, logText(change)])));
  words.parentElement.querySelector("h3").textContent = does.words.length
    ? `Words at which unit ${unit.number + 1} moves most`
    : "Choose the encoder's top layer to see the words of its units";
  words.hidden = !does.words.length;
  root.querySelector("[data-testid=unit-features]").replaceChildren(
    row(["feature", "unit", "correlation", "by chance"], "th"),
    ...does.features.map(({ text, layer, unit: number, title, correlation, chance }) => {
      const button = html("button", "text-button", title);
      button.type = "button";
      button.addEventListener("click", () => choose(layer, number));
      return row([text, button, logText(correlation), logText(chance)]);
    }),
  );
}

function row(cells, kind = "td") {
  const line = html("tr");
  for (const [i, content] of cells.entries()) {
    const cell = line.appendChild(html(kind, i ? "number" : ""));
    if (kind === "th") cell.scope = "col";
    cell.append(content);
  }
  return line;
}
