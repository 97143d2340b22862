// Positions of the nodes of a beam search: one column per step, rows by rank, dropped nodes below the others.

import { clamp, textWidth } from "../../lib/dom.js";

export const TREE = { top: 32, row: 38, chip: 30, small: 25, smallChip: 22, gap: 46, pad: 10, left: 6, apart: 10 };
const TREE_FONT = "600 18px system-ui, sans-serif";
const TREE_SMALL_FONT = "16px system-ui, sans-serif";

/** Return {x, y, width} for each node, {x, width} for each column (the first is the start node's), and the size of the tree. */
export function layOutTree({ nodes, steps }, withDropped, room) {
  const columns = Array.from({ length: steps + 1 }, () => ({ width: 0, kept: 0, dropped: 0 }));
  columns[0].width = textWidth("start", TREE_FONT) + 2 * TREE.pad;
  columns[0].kept = 1;
  const places = nodes.map((node) => {
    const small = node.kind === "dropped";
    if (small && !withDropped) return null;
    const column = columns[node.step];
    const text = node.label.text + (node.mark ? ` · ${node.mark}` : "");
    const width = Math.max(30, textWidth(text, small ? TREE_SMALL_FONT : TREE_FONT) + 2 * TREE.pad);
    column.width = Math.max(column.width, width);
    return { row: small ? column.dropped++ : column.kept++, small, width };
  });
  const needed = columns.reduce((sum, column) => sum + column.width, 2 * TREE.left);
  const gap = clamp((room - needed) / steps, TREE.gap, 1.6 * TREE.gap);
  let x = TREE.left;
  for (const column of columns) {
    column.x = x;
    x += column.width + gap;
  }
  nodes.forEach((node, index) => {
    const place = places[index];
    if (!place) return;
    place.x = columns[node.step].x;
    const below = TREE.top + columns[node.step].kept * TREE.row + TREE.apart;
    place.y = place.small ? below + (place.row + 0.5) * TREE.small : TREE.top + (place.row + 0.5) * TREE.row;
  });
  const start = { x: columns[0].x, y: TREE.top + 0.5 * TREE.row, width: columns[0].width, small: false };
  const heights = columns.map(({ kept, dropped }) => kept * TREE.row + (dropped && TREE.apart + dropped * TREE.small));
  return { places, start, columns, width: x - gap + TREE.left, height: TREE.top + Math.max(...heights) + 6 };
}

/** The path from a parent's chip along its row to the end of its column, and from there to the child. */
export function treeEdge(from, column, to) {
  const leave = column.x + column.width;
  const middle = (leave + to.x) / 2;
  return `M${from.x + from.width} ${from.y}H${leave}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
}
