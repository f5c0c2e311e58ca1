// The navigation as a drawer on narrow screens: behind it the page is inert, Esc closes, focus returns.

const side = document.getElementById("navigation");
const scrim = document.querySelector(".drawer-scrim");
let opener = null;

function set(open) {
  if (!side) return;
  side.classList.toggle("is-open", open);
  scrim?.classList.toggle("is-open", open);
  document.querySelectorAll(".main, .evidence-panel").forEach((part) => { part.inert = open; });
  document.querySelectorAll("[data-drawer]").forEach((button) => button.setAttribute("aria-expanded", String(open)));
  if (open) side.querySelector(".drawer-close")?.focus();
  else opener?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-drawer]");
  if (button) {
    event.preventDefault();
    opener = button;
    set(true);
  } else if (event.target.closest("[data-drawer-close]")) {
    if (location.hash === "#navigation") history.replaceState(null, "", location.pathname + location.search);
    set(false);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && side?.classList.contains("is-open") && !document.querySelector(":popover-open")) set(false);
});
matchMedia("(min-width: 1024px)").addEventListener("change", (event) => { if (event.matches && side?.classList.contains("is-open")) set(false); });
