// <button data-reveals="input-id" aria-pressed="false">: shows a password while it is written.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveals]");
  const input = button && document.getElementById(button.dataset.reveals);
  if (!input) return;
  const show = input.type === "password";
  input.type = show ? "text" : "password";
  button.setAttribute("aria-pressed", String(show));
});
document.querySelectorAll("[data-reveals]").forEach((button) => { button.hidden = false; });
