// The view Score: one sheet per translation with the score of each word, and sentences that compare the translations.

import { makeBoard } from "../lib/component.js";
import { clamp, html, logText, probabilityText } from "../lib/dom.js";

export function start({ element, props, watch }) {
  const root = element.querySelector(".score");

  function show(payload) {
    const most = Math.max(0.5, ...payload.sheets.flatMap((sheet) => sheet.words.map((word) => -word.log_prob)));
    root.querySelector(".sheets").replaceChildren(...payload.sheets.map((sheet) => draw(sheet, most)));
    root.querySelector(".verdicts").replaceChildren(...payload.verdicts.map((spans) => {
      const line = html("p");
      for (const span of spans) line.appendChild(html("span", span.role, span.text));
      return line;
    }));
    root.querySelector(".origin").textContent = `${payload.model.title}. Trained on ${payload.model.trained_on}`;
  }

  function draw(sheet, most) {
    const box = html("section", "sheet");
    box.dataset.testid = "sheet";
    box.appendChild(html("h3", "", sheet.title));
    box.appendChild(html("p", "sheet-text target", sheet.text));
    const perplexity = sheet.perplexity === null ? "too large" : sheet.perplexity < 1e6 ? sheet.perplexity.toFixed(2) : sheet.perplexity.toExponential(1);
    box.appendChild(html("p", "hint", `log-probability ${logText(sheet.log_prob)} · perplexity ${perplexity} per word`));
    const table = box.appendChild(html("table", "score-table"));
    const head = table.appendChild(html("tr"));
    for (const name of ["word", "log-probability", "probability", "rank"])
      head.appendChild(html("th", name.startsWith("log") || name === "word" ? "" : "number", name)).scope = "col";
    for (const word of sheet.words) table.appendChild(row(word, most));
    return box;
  }

  function row(word, most) {
    const line = html("tr", word.kind);
    const name = line.appendChild(html("td", "score-word"));
    name.appendChild(html("span", "", word.text));
    if (word.pieces.length > 1) {
      const parts = word.pieces.map((piece) => `${piece.text} ${probabilityText(Math.exp(piece.log_prob))}`);
      name.appendChild(html("small", "", parts.join(", ")));
    }
    const lost = line.appendChild(html("td")).appendChild(html("span", "lost"));
    const track = lost.appendChild(html("span", "lost-track"));
    track.appendChild(html("span", "candidate-bar")).style.setProperty("--p", clamp(-word.log_prob / most, 0, 1));
    lost.appendChild(html("span", "candidate-p", logText(word.log_prob)));
    line.appendChild(html("td", "number", probabilityText(Math.exp(word.log_prob))));
    line.appendChild(html("td", "number", String(word.rank)));
    return line;
  }

  makeBoard(root, props, watch, show);
}
