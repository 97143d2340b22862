// Run when a tab, or a view within one, comes into sight: from now on the address is its own. `tab` and `all` as in link.js, `known`
// are the names of all, `panel` is the id of what the tab shows; a tab with views, `within` null, comes back with the view that was
// open in it.
(tab, all, known, within, panel) => {
  const { dataset } = document.documentElement;
  const address = new URL(location.href);
  const named = address.searchParams.get("tab");
  const opening = dataset.awaited === undefined;
  // While a page opens, others come into sight before the one that its address names, and nobody chose them.
  if (opening) dataset.awaited = known.includes(named) ? named : "";
  if ((dataset.awaited && dataset.awaited !== tab) || (opening && named && !known.includes(named))) return;
  const place = document.getElementById(panel);
  if (!place || getComputedStyle(place).display === "none") return; // the news came late: another has been chosen since
  dataset.awaited = "";
  if (within) dataset[within] = tab;
  else if (tab) tab = dataset[tab.replaceAll("-", "")] || tab;
  if (named === tab) return;
  for (const name of ["tab", ...all]) address.searchParams.delete(name);
  if (tab) address.searchParams.set("tab", tab);
  history.replaceState(history.state, "", address);
}
