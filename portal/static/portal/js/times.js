// <time datetime="..." data-time="ago|clock|day|when"> in the reader's language and zone. What the server wrote stands where there is no script.

const locale = document.documentElement.lang || undefined;
const formats = {
  clock: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  day: new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" }),
  when: new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
};
const ago = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const steps = [["second", 60], ["minute", 60], ["hour", 24], ["day", 7], ["week", 4.35], ["month", 12], ["year", Infinity]];

function relative(date) {
  let amount = (date - Date.now()) / 1000;
  if (Math.abs(amount) < 45) return ago.format(0, "second");
  for (const [unit, size] of steps) {
    if (Math.abs(amount) < size) return ago.format(Math.round(amount), unit);
    amount /= size;
  }
  return "";
}

function write(root) {
  root.querySelectorAll?.("time[data-time]").forEach((time) => {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime())) return;
    time.textContent = time.dataset.time === "ago" ? relative(date) : formats[time.dataset.time]?.format(date) ?? time.textContent;
    if (!time.title) time.title = date.toLocaleString(locale, { dateStyle: "full", timeStyle: "medium" });
  });
}
write(document);
setInterval(() => write(document), 30000);
document.addEventListener("htmx:load", (event) => write(event.target));
