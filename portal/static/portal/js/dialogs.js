// Dialogs: <button data-opens="dialog-id"> opens a native <dialog>; [data-closes] inside closes it.
// Where there is no script, an opener that is a link leads to the same thing as a page.
// data-src on the dialog: its [data-dialog-content] (or itself) is fetched by htmx when it opens.

// The first field, else the heading: never the button that closes, and never the one that destroys.
function first(dialog) {
  const wanted = dialog.querySelector("[autofocus]") || dialog.querySelector("input:not([type=hidden], [disabled]), select, textarea");
  if (wanted) return wanted;
  const heading = dialog.querySelector("h2, h1");
  if (heading) heading.tabIndex = -1;
  return heading;
}

function open(dialog, opener) {
  if (!dialog || dialog.open) return;
  dialog.returnTo = opener || document.activeElement;
  const source = opener?.dataset.src;
  if (source && window.htmx) {
    const target = dialog.querySelector("[data-dialog-content]") || dialog;
    window.htmx.ajax("GET", source, { target, swap: "innerHTML" });
  }
  dialog.showModal();
  first(dialog)?.focus();
  dialog.dispatchEvent(new CustomEvent("portal:opened", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog) {
      event.preventDefault();
      opener.closest("[popover]")?.hidePopover();
      open(dialog, opener);
    }
    return;
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog")?.close();
    return;
  }
  if (event.target instanceof HTMLDialogElement && !event.target.hasAttribute("data-stays")) {
    const box = event.target.getBoundingClientRect();
    const outside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    if (outside && event.clientX + event.clientY > 0) event.target.close();
  }
});

document.addEventListener("close", (event) => {
  const opener = event.target.returnTo;
  if (opener?.isConnected) opener.focus();
}, true);

// A server answer may open or close one: HX-Trigger: {"portal:open-dialog": "id"} or "portal:close-dialog".
document.addEventListener("portal:open-dialog", (event) => open(document.getElementById(event.detail.value || event.detail)));
document.addEventListener("portal:close-dialog", () => document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close()));

// <dialog data-open> is open when it arrives (a page that is a dialog over another, or one swapped in by htmx).
const opened = (root) => root.querySelectorAll?.("dialog[data-open]").forEach((dialog) => { dialog.removeAttribute("open"); open(dialog); });
opened(document);
document.addEventListener("htmx:load", (event) => {
  if (event.target.matches?.("dialog[data-open]")) open(event.target);
  else opened(event.target);
});
