// The address bar: what Python calls `link` (sentence, model, …), plus the step, so that a copied address opens the same. Every tab
// has a writer of its own, and the address says whose turn it is: choosing a tab writes its name (`takeAddress`). `tab` is null for
// the first tab, `own` are this tab's parameters, `all` those of every tab.

export function makeLink(store, { tab, own, all }) {
  let due = 0;

  const query = () => new URLSearchParams(location.search);
  const isMine = () => query().get("tab") === tab;

  /** Whether this page was opened by a link to this tab. */
  const isPresent = () => isMine() && own.some((name) => query().has(name));

  function write() {
    due = 0;
    if (!isMine()) return;
    const address = new URL(location.href);
    for (const name of all) address.searchParams.delete(name);
    for (const [name, value] of store.payload.link) address.searchParams.set(name, value);
    if (store.step !== undefined) address.searchParams.set("step", store.step);
    try {
      history.replaceState(history.state, "", address);
    } catch {
      update(); // browsers limit how often an address may change: try again a little later
    }
  }

  /** Soon, and once for many steps: scrubbing goes through dozens a second. */
  function update() {
    if (!due) due = setTimeout(write, 250);
  }

  return { isPresent, update };
}
