// The address bar: what Python calls `link` (sentence, model, search), plus the step, so that a copied address opens the same.

function makeLink(store, parameters) {
  const OWN = parameters;
  let due = 0;

  const isPresent = () => OWN.some((name) => new URLSearchParams(location.search).has(name));

  function write() {
    due = 0;
    const address = new URL(location.href);
    for (const name of OWN) address.searchParams.delete(name);
    for (const [name, value] of store.payload.link) address.searchParams.set(name, value);
    address.searchParams.set("step", store.step);
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
