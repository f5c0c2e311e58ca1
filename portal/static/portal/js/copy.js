// <button data-copy="#id"> copies that element's text; data-copy-text="..." copies the words given. The button says that it did.

async function copy(button) {
  const source = button.dataset.copy ? document.querySelector(button.dataset.copy) : null;
  const text = button.dataset.copyText ?? source?.value ?? source?.innerText ?? "";
  const label = button.querySelector("[data-copy-label]");
  try {
    await navigator.clipboard.writeText(text.trim());
  } catch {
    const range = document.createRange();
    if (!source) return;
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand?.("copy");
  }
  if (label) {
    const before = label.textContent;
    label.textContent = "Copied";
    setTimeout(() => { label.textContent = before; }, 2000);
  } else {
    document.dispatchEvent(new CustomEvent("portal:message", { detail: { title: "Copied", tone: "success" } }));
  }
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-text]");
  if (button) { event.preventDefault(); copy(button); }
});
