// Run when a tab is chosen, with `tab` and `all` as in link.js: from now on the address is this tab's.
(tab, all) => {
  const { dataset } = document.documentElement;
  const opening = tab === null && !dataset.opened; // the first tab is in sight when a page opens: nobody chose it
  dataset.opened = "yes";
  const address = new URL(location.href);
  if (opening || address.searchParams.get("tab") === tab) return;
  for (const name of ["tab", ...all]) address.searchParams.delete(name);
  if (tab) address.searchParams.set("tab", tab);
  history.replaceState(history.state, "", address);
}
