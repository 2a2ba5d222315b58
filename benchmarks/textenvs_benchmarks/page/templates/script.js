"use strict";

// One page at a time, by the address; without this script all stand below each other.
const pages = [...document.querySelectorAll(".page")];
const links = [...document.querySelectorAll("nav a")];

function show(event) {
  const name = location.hash.slice(1);
  if (name === "main") return; // the link that skips the navigation
  const target = document.getElementById(name);
  const page = (target && target.closest(".page")) || pages[0];
  pages.forEach((each) => each.classList.toggle("open", each === page));
  links.forEach((link) => {
    if (link.getAttribute("href") === "#" + page.id) {
      link.setAttribute("aria-current", "page");
      link.parentElement.parentElement.scrollLeft = link.offsetLeft - 80;
    } else link.removeAttribute("aria-current");
  });
  document.title = page.querySelector("h1").textContent + " – " + document.querySelector(".name").firstChild.textContent.trim();
  if (target && target !== page) target.scrollIntoView();
  else scrollTo(0, 0);
  if (event) page.focus({ preventScroll: true });
}
document.documentElement.classList.add("paged");
addEventListener("hashchange", show);
show();

// Tables are sorted by a click on a heading: numbers from the highest, texts from A; what has no value comes last.
function value(row, column) {
  const cell = row.cells[column];
  return "v" in cell.dataset ? cell.dataset.v : cell.textContent.trim();
}
function sort(heading) {
  const text = heading.classList.contains("text");
  const descending = heading.getAttribute("aria-sort") === "none" ? heading.dataset.first !== "ascending" : heading.getAttribute("aria-sort") === "ascending";
  const body = heading.closest("table").tBodies[0];
  const column = heading.cellIndex;
  const compare = (a, b) => {
    const [x, y] = [value(a, column), value(b, column)];
    if (!x || !y) return !x - !y;
    const order = text ? x.localeCompare(y, "en") : x - y;
    return descending ? -order : order;
  };
  body.append(...[...body.rows].sort(compare));
  for (const other of heading.parentElement.cells) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
}
for (const table of document.querySelectorAll("table.sortable"))
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) sort(button.parentElement);
  });

const filter = document.getElementById("filter");
if (filter) filter.addEventListener("input", () => {
  const wanted = filter.value.toLowerCase().split(/\s+/);
  const rows = [...document.querySelectorAll("#table tbody tr")];
  for (const row of rows) {
    const names = (row.cells[0].textContent + " " + row.cells[1].textContent).toLowerCase();
    row.hidden = !wanted.every((word) => names.includes(word));
  }
  document.getElementById("none").hidden = rows.some((row) => !row.hidden);
});

// An episode is read, and written out, when it is opened.
function make(kind, name, ...content) {
  const element = document.createElement(kind);
  if (name) element.className = name;
  element.append(...content);
  return element;
}
const shown = (number) => (number === null ? "–" : number.toFixed(2).replace("-", "\u2212").replace(/^\u2212(0\.00)$/, "$1"));
const signed = (number) => (number > 0 ? "+" : "") + shown(number);

function heard(text, first) {
  const lines = text.split("\n");
  if (!first) lines.shift(); // what the agent said stands above
  const spoken = lines.filter((line) => !line.startsWith("[")).join("\n");
  const noted = lines.filter((line) => line.startsWith("[")).join("\n");
  return [make("p", "heard", spoken), make("p", "heard noted", noted)];
}
function offered(turn, sentences) {
  const body = make("tbody");
  const known = turn.best !== null;
  const best = Math.max(...turn.offered.map((each) => each[1] ?? -Infinity));
  for (const [sentence, worth, action] of [...turn.offered].sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0))) {
    const good = known && best - worth < 0.0005;
    const marks = [action === turn.choice ? "said" : "", action === turn.best ? "optimal" : good ? "as good" : ""].filter(Boolean);
    body.append(make("tr", action === turn.choice ? "taken" : "",
      make("td", "", shown(worth)), make("td", "text", sentences[sentence]), make("td", "text", marks.join(", "))));
  }
  const head = make("thead", "", make("tr", "", make("th", "", "worth"), make("th", "text", "what could be said"), make("th", "")));
  const box = make("div", "scroll", make("table", "", head, body));
  return make("details", "", make("summary", "", turn.offered.length + " possible acts"), box);
}
function written(turn, number, sentences) {
  const own = turn.offered.find((each) => each[2] === turn.choice);
  const meant = own ? sentences[own[0]] : null;
  const section = make("div", turn.regret > 0 ? "turn worse" : "turn", make("h4", "", "Step " + number), ...heard(turn.before, number === 1));
  let said = meant;
  if (typeof turn.action === "string") said = meant && meant !== turn.action ? turn.action + "\n(understood as: " + meant + ")" : turn.action;
  else if (meant === null) said = "act " + turn.action + ", which was not possible";
  section.append(make("p", "said", said));
  const terms = Object.entries(turn.terms).map(([name, amount]) => name + " " + signed(amount)).join(", ");
  section.append(make("p", "earned", "reward " + signed(turn.reward) + (terms ? " (" + terms + ")" : "")));
  if (turn.regret > 0) {
    const best = turn.offered.find((each) => each[2] === turn.best);
    section.append(make("p", "earned bad", "lost " + shown(turn.regret) + "; the optimum would have said: " + sentences[best[0]]));
  }
  section.append(offered(turn, sentences));
  return section;
}
const read = (id) => document.getElementById(id).textContent;
function open(details) {
  if (details.childElementCount > 1) return;
  const told = details.parentElement;
  const { env, agent } = told.dataset;
  const number = [...told.querySelectorAll("details.episode")].indexOf(details);
  const sentences = JSON.parse(read("sentences/" + env));
  const episode = JSON.parse(read("episodes/" + env + "/" + agent).split("\n")[number]);
  details.append(
    make("p", "", episode.sum, " ", make("span", "ends", episode.source)),
    ...episode.turns.map((turn, index) => written(turn, index + 1, sentences)),
    ...(episode.turns.length ? [make("div", "turn", make("h4", "", "The end"), ...heard(episode.ending, false))] : []));
}
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches("details.episode")) open(event.target);
}, true);
