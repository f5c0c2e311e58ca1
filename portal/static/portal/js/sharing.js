// The readers dialog over the list: its links and forms swap its content (htmx); Done closes it where it is a dialog.
document.addEventListener("click", (event) => {
  const done = event.target.closest("[data-closes-dialog]");
  const dialog = done?.closest("dialog[open]");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});
// What was changed in the dialog shows in the rows behind it.
document.addEventListener("close", (event) => {
  if (event.target.matches?.(".readers-dialog[data-changed]")) location.reload();
}, true);
document.addEventListener("htmx:afterRequest", (event) => {
  const dialog = event.detail.elt.closest?.(".readers-dialog");
  if (dialog && event.detail.requestConfig?.verb === "post" && event.detail.successful) dialog.dataset.changed = "";
});
