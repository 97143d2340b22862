// The encoder: one row of states per direction. A recurrent encoder passes its state from piece to piece, so its states appear
// one after the other. A Transformer computes all states together, each from all pieces.

import { part, svg } from "../lib/dom.js";
import { fullBar, STATE } from "./layout.js";
import { drawMove, drawState, rail, showMove } from "./shapes.js";

export function makeEncoder(scene, behind, plan, trace, source) {
  const count = source.length;
  const rows = trace.reading.order.map((order, k) => {
    const y = plan.rows.encoder[k];
    const summaries = source.map(({ states }) => states[k]);
    const scale = fullBar(summaries);
    return { order, y, states: summaries.map((values, i) => drawState(scene, plan.source.x[i], y, values, scale, "source")) };
  });
  for (const row of rows) row.moves = row.order === "parallel" ? [everyPiece(row.y)] : carried(row);

  /** The line that connects every state with every piece. */
  function everyPiece(y) {
    const [top, bottom] = [y + STATE.height / 2, plan.rows.source - 17];
    const d = rail(plan.source.x, top, (top + bottom) / 2) + rail(plan.source.x, bottom, (top + bottom) / 2);
    return svg("path", { class: "rail source", d, "data-testid": "encoder-rail" }, behind);
  }

  /** The arrows between neighbouring states of one direction; null for the first state. */
  function carried({ order, y }) {
    const { x } = plan.source;
    const back = order === "backward" ? 1 : -1;
    return x.map((at, i) => (x[i + back] === undefined ? null : drawMove(behind, x[i + back], at, y, "source")));
  }

  /** Return the opacity of state `i` when the encoder's progress is `amount`. */
  function progress(order, i, amount) {
    if (order === "parallel") return part(amount, 0.1, 0.8);
    const turn = order === "backward" ? count - 1 - i : i;
    return part(amount * (count + 2), turn, turn + 2);
  }

  /** Draw the encoder at the progress `amount`, 0..1. */
  function draw(amount) {
    for (const { order, states, moves } of rows) {
      states.forEach((state, i) => {
        state.style.opacity = progress(order, i, amount);
        if (moves[i]) showMove(moves[i], progress(order, i, amount));
      });
    }
  }

  return { draw };
}
