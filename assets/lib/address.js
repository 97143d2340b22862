// The address bar: the parameters of `link` from Python (sentence, model, …) plus the step, so that a copied address opens the
// same view. Each tab writes its own address, and only while the address names that tab (address-on-tab.js writes the name).
// `tab` is null for the first tab, `own` holds the parameters of this tab, `all` those of every tab.

export function makeLink(store, { tab, own, all }) {
  let due = 0;

  const query = () => new URLSearchParams(location.search);
  const isMine = () => query().get("tab") === tab;

  /** Return whether the address has parameters of this tab. */
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

  /** Write the address after a short time, once for many steps: scrubbing passes dozens of steps a second. */
  function update() {
    if (!due) due = setTimeout(write, 250);
  }

  return { isPresent, update };
}
