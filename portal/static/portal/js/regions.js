// F6 goes to the next region: navigation, main, evidence, messages. Shift F6 goes back.

const shown = (part) => part.getClientRects().length > 0 && (part.id !== "messages" || part.childElementCount > 0);

document.addEventListener("keydown", (event) => {
  if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const regions = [...document.querySelectorAll("[data-region]")].filter(shown);
  if (!regions.length) return;
  event.preventDefault();
  const now = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(now + (event.shiftKey ? -1 : 1) + regions.length) % regions.length];
  if (!next.hasAttribute("tabindex")) next.tabIndex = -1;
  next.focus();
});
