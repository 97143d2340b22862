// Whole outputs: a fork compared with its original (shared pieces, first difference, both totals), and the hypotheses of a
// beam.

import { html, logText } from "../lib/dom.js";
import { joined } from "./layout.js";

export function makeCompare(root, store) {
  const section = root.querySelector(".compare");
  const lines = section.querySelector(".compare-lines");

  const beam = root.querySelector(".beam");

  function build() {
    const { fork, trace, views, model } = store.payload;
    root.querySelector(".origin").textContent = `${model.title}. Trained on ${model.trained_on}`;
    buildBeam(trace.hypotheses);
    section.hidden = !fork;
    lines.replaceChildren();
    if (!fork) return;
    const forked = { labels: views.pieces.target, total: trace.log_prob };
    lines.append(line("Original", fork.original, fork.shared, false), line("Fork", forked, fork.shared, true));
    const gap = trace.log_prob - fork.original.log_prob;
    const [less, lower] = gap < 0 ? ["less", "lower"] : ["more", "higher"];
    const verdict = `To the model, the fork as a whole is ${less} probable: its log-probability is ${Math.abs(gap).toFixed(2)} ${lower}.`;
    const even = "To the model, both are equally probable.";
    lines.appendChild(html("p", "compare-verdict", Math.abs(gap) < 0.005 ? even : verdict));
  }

  function buildBeam(hypotheses) {
    beam.hidden = hypotheses.length < 2;
    const list = beam.querySelector("ol");
    list.replaceChildren();
    for (const found of hypotheses) {
      const row = list.appendChild(html("li", "beam-line"));
      row.appendChild(html("span", "beam-text", (found.text || "(nothing)") + (found.finished ? "" : " … (cut off)")));
      const figures = `score ${logText(found.score)} · log-probability ${logText(found.log_prob)}`;
      row.appendChild(html("span", "compare-total", figures));
    }
  }

  function line(name, output, shared, forked) {
    const row = html("div", "compare-line");
    row.dataset.testid = forked ? "fork-line" : "original-line";
    row.appendChild(html("span", "compare-name", name));
    const words = row.appendChild(html("span", "compare-text"));
    output.labels.forEach((label, t) => {
      const piece = html("span", `piece ${label.kind}`, label.text.slice(joined(output.labels, t) ? label.mark.length : 0));
      if (t < shared) piece.classList.add("shared");
      if (t === shared) piece.classList.add("parts-here");
      if (t > 0 && !joined(output.labels, t)) words.append(" ");
      words.appendChild(piece);
    });
    const total = output.total ?? output.log_prob;
    const figure = row.appendChild(html("span", "compare-total", `log-probability ${logText(total)}`));
    figure.title = "Natural logarithm, summed over all pieces";
    return row;
  }

  return { build };
}
