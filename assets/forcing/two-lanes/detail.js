// Details of the current step, one card per lane: its input, its candidates, the reference's piece, its attention.

import { html, logText, part, probabilityText } from "../../lib/dom.js";
import { lanesOf } from "./table.js";

export function makeLanesDetail(root, store) {
  const place = root.querySelector(".details");
  let shown = -1;

  function build() {
    shown = -1;
  }

  function draw(step, phase) {
    if (step !== shown) fill(step);
    place.style.setProperty("--grown", part(phase, 0.3, 0.65).toFixed(3));
  }

  function fill(step) {
    shown = step;
    place.replaceChildren(...lanesOf(store.payload).map((entry) => card(entry, step - 1)));
  }

  function card({ kind, title, lane, at, writes }, t) {
    const box = html("section", `detail ${kind}`);
    box.dataset.testid = `detail-${kind}`;
    box.appendChild(html("h3", "", title));
    if (t < 0 || t >= lane.fed.length) {
      box.appendChild(html("p", "hint", t < 0 ? "Nothing is fed yet." : "This lane has ended."));
      return box;
    }
    const fed = box.appendChild(html("p", "hint"));
    fed.append("Fed ", html("b", "target", `“${lane.fed[t].text}”`), writes && at && t > at[0] && t <= at[1] ? ", which was put in from outside" : "");
    for (const candidate of lane.candidates[t]) box.appendChild(line(candidate, lane, t));
    if (lane.gold) box.appendChild(gold(lane.gold[t]));
    const of = kind === "forced" ? "of the reference so far" : kind === "injection" && !writes ? "of its input so far" : "of its output so far";
    box.appendChild(html("p", "hint", `log-probability ${of}: ${logText(lane.totals[t])} (natural logarithm)`));
    box.appendChild(attention(lane.attention[t]));
    return box;
  }

  function line(candidate, lane, t) {
    const isGold = lane.gold && candidate.text === lane.gold[t].text && candidate.log_prob === lane.gold[t].log_prob;
    const node = html("div", `detail-line ${candidate.kind}`);
    node.appendChild(html("span", "candidate-piece", candidate.text));
    const track = node.appendChild(html("span", "candidate-track"));
    track.appendChild(html("span", "candidate-bar")).style.setProperty("--p", Math.min(1, Math.exp(candidate.log_prob)));
    node.appendChild(html("span", "candidate-p", probabilityText(Math.exp(candidate.log_prob))));
    node.appendChild(html("span", "detail-mark", isGold ? "reference" : ""));
    return node;
  }

  function gold(piece) {
    const node = html("p", "detail-gold");
    node.dataset.testid = "gold";
    node.append("The reference's ", html("b", "target", `“${piece.text}”`), `: probability ${probabilityText(Math.exp(piece.log_prob))}, rank ${piece.rank}`);
    return node;
  }

  function attention(weights) {
    const strip = html("div", "strip");
    if (!weights) {
      strip.appendChild(html("p", "hint", "This model has no attention weights."));
      return strip;
    }
    strip.setAttribute("role", "img");
    const { source } = store.payload.lanes;
    const most = weights.indexOf(Math.max(...weights));
    strip.setAttribute("aria-label", `Attention, most on ${source[most].text}: ${weights[most].toFixed(2)}`);
    source.forEach((label, i) => {
      const chip = strip.appendChild(html("span", `strip-chip ${label.kind}`));
      chip.style.setProperty("--weight", weights[i].toFixed(3));
      chip.append(html("span", "", label.text), html("small", "", weights[i] >= 0.05 ? weights[i].toFixed(2) : ""));
    });
    return strip;
  }

  return { build, draw };
}
