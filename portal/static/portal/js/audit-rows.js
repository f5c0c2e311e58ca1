// The row whose story is open is marked, however the story came: by a click, by O, by Alt with an arrow, or by going back.

function mark() {
  const open = document.querySelector("#story [data-story]")?.dataset.story;
  document.querySelectorAll("[data-event]").forEach((row) => row.classList.toggle("is-open", row.dataset.event === open));
}
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "story") return;
  event.detail.target.scrollTop = 0;
  mark();
});
// The whole row opens its story, except where something in it is pressed or its text is being selected.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-event]");
  if (!row || event.target.closest("a, button") || !getSelection().isCollapsed) return;
  row.querySelector("[data-row-open]").click();
});
document.addEventListener("keydown", (event) => {
  const covers = matchMedia("(max-width: 1279.98px)").matches;
  if (event.key === "Escape" && covers && !document.querySelector("dialog[open], :popover-open")) document.querySelector("[data-story-close]")?.click();
});
addEventListener("popstate", () => location.reload());
