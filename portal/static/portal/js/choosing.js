// Rows that can be chosen: <form data-choosing> around [data-rows]; each [data-row] has <input type="checkbox" data-choose>.
// [data-choose-all] in the head chooses what is shown; .bulk-bar [data-chosen-count] says how many; a shifted click takes the range.

let last = null;

const boxes = (root) => [...root.querySelectorAll("[data-choose]:not(:disabled)")];

function refresh(root) {
  const all = boxes(root);
  const chosen = all.filter((box) => box.checked);
  all.forEach((box) => box.closest("[data-row]")?.classList.toggle("is-chosen", box.checked));
  const head = root.querySelector("[data-choose-all]");
  if (head) {
    head.checked = chosen.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  const bar = root.querySelector(".bulk-bar");
  if (bar) {
    bar.hidden = chosen.length === 0;
    const count = bar.querySelector("[data-chosen-count]");
    if (count) count.textContent = `${chosen.length} selected`;
  }
  document.querySelectorAll("[data-chosen-number]").forEach((place) => { place.textContent = chosen.length; });
  root.classList.toggle("is-choosing", chosen.length > 0);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-choose]");
  const root = event.target.closest("[data-choosing]");
  if (!root) return;
  if (box && event.shiftKey && last?.isConnected && last !== box) {
    const all = boxes(root);
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((other) => { other.checked = box.checked || !event.isTrusted; });
  }
  if (box) last = box;
  if (event.target.closest("[data-choose-none]")) {
    boxes(root).forEach((other) => { other.checked = false; });
    refresh(root);
  }
});
document.addEventListener("change", (event) => {
  const root = event.target.closest("[data-choosing]");
  if (!root) return;
  if (event.target.matches("[data-choose-all]")) boxes(root).forEach((box) => { box.checked = event.target.checked; });
  refresh(root);
});
const all = () => document.querySelectorAll("[data-choosing]").forEach(refresh);
all();
document.addEventListener("htmx:afterSettle", all);
