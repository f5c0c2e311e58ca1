// The readers dialog over the list: its links and forms swap its content (htmx); Done closes it where it is a dialog.
document.addEventListener("click", (event) => {
  const done = event.target.closest("[data-closes-dialog]");
  const dialog = done?.closest("dialog[open]");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});
// What was changed in the dialog shows in the rows behind it.
// Never while files are on their way: they exist in this page alone.
function reload() {
  if (document.documentElement.hasAttribute("data-uploading")) document.addEventListener("portal:uploads-ended", () => location.reload(), { once: true });
  else location.reload();
}
document.addEventListener("close", (event) => {
  if (event.target.matches?.(".readers-dialog[data-changed]")) reload();
}, true);
document.addEventListener("htmx:afterRequest", (event) => {
  const dialog = event.detail.elt.closest?.(".readers-dialog");
  if (dialog && event.detail.requestConfig?.verb === "post" && event.detail.successful) dialog.dataset.changed = "";
});
// The content is exchanged whole: the focus goes on with what was pressed, or with what came of it.
const FOLLOWS = [[".as-of-menu", ".as-of"], [".readers-tabs", ".readers-tabs [aria-current]"], [".who", ".who[aria-current]"], [".changes-day", ".as-of"]];
let wanted = "";
document.addEventListener("htmx:beforeRequest", (event) => {
  const pressed = event.detail.elt;
  if (pressed.closest?.("[data-readers]")) wanted = FOLLOWS.find(([from]) => pressed.closest(from))?.[1] || "";
});
document.addEventListener("htmx:afterSettle", (event) => {
  const content = document.querySelector("dialog[open] [data-readers]") || document.querySelector("[data-readers]");
  if (!wanted || !content || !event.target.closest?.("[data-readers], dialog, .readers-page")) return;
  if (document.activeElement === document.body) content.querySelector(wanted)?.focus();
  wanted = "";
});
