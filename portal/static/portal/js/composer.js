// The question box: Enter asks, Shift Enter is a new line. Where field-sizing is unknown, it grows by script.

const grows = CSS.supports("field-sizing", "content");

function fit(box) {
  if (!grows) { box.style.height = "auto"; box.style.height = `${Math.min(box.scrollHeight, 200)}px`; }
}

document.addEventListener("input", (event) => { if (event.target.matches("[data-question-box]")) fit(event.target); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("[data-question-box]")) return;
  event.preventDefault();
  if (event.target.value.trim()) event.target.form.requestSubmit();
});
document.addEventListener("click", (event) => {
  const composer = event.target.closest("[data-composer]");
  if (composer && !event.target.closest("button, a, input, textarea, select, label, [popover]")) composer.querySelector("[data-question-box]")?.focus();
});
document.querySelectorAll("[data-question-box]").forEach(fit);
