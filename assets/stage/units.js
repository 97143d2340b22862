// What the stage draws in one column: a piece, or a whole word with all its pieces. The clock always counts pieces.

/** Return the columns of both rows in `unit`, "pieces" or "words". Every column has its label, and `at`: the positions of its pieces.
 *  A word has the state of its last piece, and the attention that `views.heatmap` has for words. */
export function unitsOf({ trace, views, fork }, unit) {
  const { pieces, heatmap } = views;
  const byWord = unit === "words";
  const single = (labels) => labels.map((label, i) => ({ ...label, at: [i] }));
  const source = (byWord ? pieces.words.source : single(pieces.source)).map((column) => ({
    ...column, states: trace.source[column.at.at(-1)].states,
  }));
  const target = (byWord ? pieces.words.target : single(pieces.target)).map((column, i) => ({
    ...column,
    state: trace.steps[column.at.at(-1)].state,
    attention: byWord ? heatmap && heatmap.words.weights[i] : trace.steps[i].attention,
    forced: column.at.some((t) => trace.steps[t].forced && !(fork && t < fork.shared)),
  }));

  /** Return how far column `i` is at `step` and `phase`: before 0, within 0..1, after 1. */
  function progress(i, step, phase) {
    const { at } = target[i];
    return (step - 1 + phase - at[0]) / at.length;
  }

  return {
    source,
    target,
    progress,
    isCurrent: (i, step) => target[i].at.includes(step - 1),
    unitOf: (step) => target.findIndex(({ at }) => at.includes(step - 1)),
  };
}
