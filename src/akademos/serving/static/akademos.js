// Everything here is an addition: without it all pages work, show their numbers, and print.
const root = document.documentElement;
const KEY = "akademos-theme";

// Theme: the system's, unless the reader asked for another; only that wish is remembered, on this device.
const stored = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light")) === "dark";
if (stored()) root.dataset.theme = stored();

const tip = () => document.getElementById("tip");
let current = null;

function hide() {
  current?.classList.remove("cur");
  current = null;
  const box = tip();
  if (box) { box.classList.remove("on"); box.textContent = ""; }
}

function show(mark, keyboard) {
  if (mark === current) return;
  hide();
  current = mark;
  if (keyboard) mark.classList.add("cur");
  const box = tip(), spot = (mark.querySelector(".dot") || mark).getBoundingClientRect();
  box.textContent = mark.dataset.tip;
  box.classList.add("on");
  const { width, height } = box.getBoundingClientRect();
  const left = Math.min(Math.max(8, spot.left + spot.width / 2 - width / 2), innerWidth - width - 8);
  const above = spot.top - height - 8;
  box.style.left = `${left}px`;
  box.style.top = `${above > 4 ? above : Math.min(spot.bottom + 8, innerHeight - height - 4)}px`;
}

const markOf = (event) => event.target.closest?.("[data-tip]");
addEventListener("pointerover", (event) => { const mark = markOf(event); mark ? show(mark) : hide(); });
for (const event of ["scroll", "resize"]) addEventListener(event, hide, { capture: true, passive: true });
addEventListener("focusout", hide);

// Arrow keys, Home and End walk through the marks of the focused chart; Escape leaves them.
let coming = 0;
addEventListener("keydown", (event) => {
  cancelAnimationFrame(coming);
  if (event.key === "Escape") return hide();
  const chart = event.target.closest?.("svg.chart");
  if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
  const marks = [...chart.querySelectorAll("[data-tip]")], at = marks.indexOf(current), last = marks.length - 1;
  const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at < 0 ? last : at - 1, ArrowUp: at < 0 ? last : at - 1, Home: 0, End: last }[event.key];
  if (to === undefined || last < 0) return;
  event.preventDefault();
  const mark = marks[Math.max(0, Math.min(last, to))];
  const box = mark.getBoundingClientRect();
  if (box.top < 40 || box.bottom > innerHeight - 10) scrollBy({ top: box.top - innerHeight / 2, behavior: "instant" });
  coming = requestAnimationFrame(() => { coming = requestAnimationFrame(() => show(mark, true)); });
});

function sort(header) {
  const table = header.closest("table"), body = table.tBodies[0], column = header.cellIndex;
  const up = header.ariaSort === "none" ? !header.classList.contains("n") : header.ariaSort !== "ascending";
  for (const other of header.parentElement.cells) other.ariaSort = "none";
  header.ariaSort = up ? "ascending" : "descending";
  const value = (row) => { const cell = row.cells[column]; return cell.dataset.v ?? cell.textContent; };
  const order = new Intl.Collator(root.lang, { numeric: true });
  const compare = (a, b) => { const x = value(a), y = value(b), d = x - y; return x !== "" && y !== "" && !isNaN(d) ? d : order.compare(x, y); };
  body.append(...[...body.rows].sort((a, b) => (up ? compare(a, b) : compare(b, a))));
}

addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (!button) return;
  if (button.parentElement.tagName === "TH") sort(button.parentElement);
  if ("print" in button.dataset) print();
  if ("themeSwitch" in button.dataset) {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem(KEY, root.dataset.theme); } catch { /* private mode: the choice lasts for this page */ }
  }
});

// On paper every table is open.
let closed = [];
addEventListener("beforeprint", () => { closed = [...document.querySelectorAll("details:not([open])")]; for (const one of closed) one.open = true; });
addEventListener("afterprint", () => { for (const one of closed) one.open = false; });

// A card that says where to ask is fetched anew when there is something new; the answer waits until there is, or some seconds.
// Who has left the desk is not kept signed in by it.
const rest = (ms) => new Promise((done) => setTimeout(done, ms));
let touched = Date.now();
for (const event of ["pointermove", "keydown", "scroll"]) addEventListener(event, () => { touched = Date.now(); }, { passive: true });
async function follow(card) {
  for (;;) {
    try {
      if (document.hidden || Date.now() - touched > 600000) { await rest(2000); continue; }
      const said = await fetch(`${card.dataset.live}?after=${encodeURIComponent(card.dataset.mark)}`, { headers: { accept: "application/json" } });
      if (said.status === 401 || said.status === 403) return;
      if (!said.ok) { await rest(10000); continue; }
      const { mark } = await said.json();
      if (mark === card.dataset.mark) continue;
      if (card.contains(document.activeElement) || card.querySelector(":checked[type=checkbox],details[open]")) { await rest(2000); continue; }
      const fresh = await fetch(location.href, { headers: { accept: "text/html" } });
      const found = fresh.ok && new DOMParser().parseFromString(await fresh.text(), "text/html").getElementById(card.id);
      if (!found) { await rest(10000); continue; }
      card.replaceChildren(...found.childNodes);
      card.dataset.mark = mark;
    } catch { await rest(10000); }
  }
}

function ready() {
  for (const card of document.querySelectorAll("[data-live]")) follow(card);
  for (const chart of document.querySelectorAll("svg.chart")) if (chart.querySelector("[data-tip]")) chart.tabIndex = 0;
  for (const button of document.querySelectorAll("button[hidden]")) button.hidden = false;
  for (const header of document.querySelectorAll(".sortable thead th")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    header.ariaSort = "none";
  }
}
document.readyState === "loading" ? addEventListener("DOMContentLoaded", ready) : ready();
