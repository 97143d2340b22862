// A part of the page without a clock: it shows its whole payload at once (figures, tables, sheets).

import { makeLink } from "./address.js";
import { payloadOf } from "./dom.js";
import { startReading } from "./reading.js";

/** `show(payload)` draws a payload and returns false for a temporary one (progress). `resized` runs when the width changes. */
export function makeBoard(root, props, watch, show, resized = () => {}) {
  startReading(root);
  const store = { payload: null };
  const link = makeLink(store, props.address);

  function open() {
    const payload = payloadOf(props);
    if (!payload || show(payload) === false) return;
    store.payload = payload;
    root.dataset.serial = payload.serial;
    root.classList.add("ready");
    link.update();
  }

  new ResizeObserver(() => {
    if (!store.payload || !root.clientWidth) return; // a hidden tab has no width
    link.update();
    resized();
  }).observe(root);
  watch("value", open);
  open();
  return link;
}
