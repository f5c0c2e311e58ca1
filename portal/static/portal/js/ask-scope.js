// The chip beside the question says where the answer is looked for.

function tell(scope) {
  const chip = document.querySelector("[data-scope-chip]");
  if (!chip || !scope) return;
  const names = [...scope.querySelectorAll("input:checked")].map((box) => box.dataset.name);
  chip.querySelector("[data-scope-words]").textContent = names.length === 0 ? "Everything I can read" : names.length === 1 ? names[0] : `${names.length} collections`;
  chip.querySelector(".count").hidden = names.length > 0;
  chip.classList.toggle("chip-on", names.length > 0);
}
document.addEventListener("change", (event) => { const scope = event.target.closest("[data-scope]"); if (scope) tell(scope); });
tell(document.querySelector("[data-scope]"));
