// A form's button while it is sent: a ring in place of the icon, the word becomes the act (data-busy="Saving"), width kept,
// a second press is ignored. aria-disabled buttons stay focusable and do nothing.

const ring = '<svg class="ring ring-turning" width="16" height="16" viewBox="0 0 20 20" aria-hidden="true"><circle class="track" cx="10" cy="10" r="8"/><circle class="share" cx="10" cy="10" r="8" pathLength="100" stroke-dasharray="70 100"/></svg>';

function start(button) {
  if (!button || button.classList.contains("is-busy")) return;
  button.dataset.before = button.innerHTML;
  button.style.minWidth = `${button.offsetWidth}px`;
  button.classList.add("is-busy");
  button.setAttribute("aria-busy", "true");
  button.innerHTML = ring;
  button.append(button.dataset.busy || button.textContent.trim());
}
function stop(button) {
  if (!button?.classList.contains("is-busy")) return;
  button.innerHTML = button.dataset.before;
  button.classList.remove("is-busy");
  button.removeAttribute("aria-busy");
  button.style.minWidth = "";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest('[aria-disabled="true"], .is-busy');
  if (button) { event.preventDefault(); event.stopImmediatePropagation(); }
}, true);
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.matches("[data-busy]") && !event.defaultPrevented) setTimeout(() => start(button));
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  const button = form.matches("[data-busy]") ? form : form.querySelector?.("[data-busy]");
  if (button) { form.busyButton = button; start(button); }
});
document.addEventListener("htmx:afterRequest", (event) => { stop(event.detail.elt.busyButton); });
addEventListener("pageshow", () => document.querySelectorAll(".is-busy").forEach(stop));

// A form that came back with errors: to the first field that is wrong.
document.querySelector('[aria-invalid="true"]')?.focus();
