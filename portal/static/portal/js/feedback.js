// What a rating asks next comes below the answer, where the composer may hide it.

document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.target.id?.startsWith("feedback-")) return;
  event.target.querySelector(".feedback-more")?.scrollIntoView({ block: "nearest" });
});
