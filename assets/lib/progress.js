// Progress of a measurement on the server: a bar and a sentence in the place of the result.

/** Show or hide the progress of `root`. Return whether `payload` is such a report, and not yet the result. */
export function showProgress(root, payload) {
  const waits = payload.share !== undefined;
  root.querySelector(".progress").hidden = !waits;
  root.dataset.busy = waits;
  if (waits) {
    root.querySelector("progress").value = payload.share;
    root.querySelector(".progress-says").textContent = payload.says;
    root.classList.add("ready");
  }
  return waits;
}
