// C, or <button data-copy-answer="ANSWER">: the answer as text, its numbers in brackets, and its sources below.

function text(turn, answer) {
  const copy = turn.querySelector(".answer").cloneNode(true);
  copy.querySelectorAll(".ticks, .sr-only, .support").forEach((part) => part.remove());
  copy.querySelectorAll(".cite").forEach((cite) => cite.replaceWith(cite.matches(".cite-lost") ? "" : ` [${cite.textContent.trim()}]`));
  copy.querySelectorAll("dd li").forEach((item) => item.prepend(" - "));
  const paragraphs = [...copy.querySelectorAll("p, dl > div, li, blockquote")].filter((part) => !part.parentElement.closest("li, blockquote, dd"));
  const lines = (paragraphs.length ? paragraphs : [copy]).map((part) => [...(part.matches("div") ? part.children : [part])].map((piece) => piece.textContent.replace(/\s+/g, " ").trim()).join(": "));
  const sources = [...document.querySelectorAll(`[data-evidence-for="${CSS.escape(answer)}"] [data-evidence][data-number]`)].map((item) => {
    const said = (selector) => item.querySelector(selector)?.textContent.replace(/\s+/g, " ").trim() || "";
    const quote = said(".quote").replace(/^quote: /, "").replace(/ end of quote$/, "");
    return `[${item.dataset.number}] ${said("h3")}, ${said(".evidence-page").toLowerCase()}: “${quote}”`;
  });
  return [turn.querySelector(".question")?.textContent.trim(), "", ...lines, "", ...sources].join("\n").trim();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-answer]");
  const turn = button && (button.closest("[data-turn]") || document.querySelector(`[data-answer="${CSS.escape(button.dataset.copyAnswer)}"]`));
  if (!turn) return;
  const words = text(turn, turn.dataset.answer);
  try {
    await navigator.clipboard.writeText(words);
    document.dispatchEvent(new CustomEvent("portal:message", { detail: { title: "Copied with sources" } }));
  } catch {
    document.dispatchEvent(new CustomEvent("portal:message", { detail: { title: "Your browser blocked copying", more: "Select the text and copy it with your keyboard.", tone: "warning" } }));
  }
});
