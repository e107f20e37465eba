// What a browser adds to pages that work without it: local times, copying, keys, the
// chosen colours, counts that come later, and runs that are watched live.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", document.body.dataset.icons + "#" + name);
  svg.append(use);
  return svg;
};

// Times in the reader's zone; the title keeps UTC.
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const localise = (within) => all("time[datetime]", within).forEach((t) => {
  const at = new Date(t.dateTime);
  if (isNaN(at)) return;
  t.title = t.textContent;
  t.textContent = clock.format(at);
});
localise(document);

// Colours.
all("[data-theme-toggle]").forEach((button) => button.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* it holds for this page */ }
}));

// Copying: the URL that is pointed at gets a button. A text that is shortened can be
// read whole.
const announce = document.getElementById("announce");
const copying = (url) => {
  if (!url || url.nextElementSibling?.matches(".copy")) return;
  all(".url + .copy").forEach((other) => other.remove());
  const button = make("button", { className: "copy", type: "button" }, icon("copy"));
  button.dataset.copy = url.title;
  button.setAttribute("aria-label", "Copy the URL");
  url.after(button);
};
for (const kind of ["mouseover", "focusin", "touchstart"]) {
  document.addEventListener(kind, (event) => copying(event.target.closest?.(".url[title]")), { passive: true });
}
document.addEventListener("mouseover", (event) => {
  const text = event.target.closest?.("td .long");
  if (text && !text.title && text.scrollHeight > text.clientHeight) text.title = text.textContent;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  navigator.clipboard?.writeText(button.dataset.copy).then(() => {
    button.replaceChildren(icon("check"));
    announce.textContent = "Copied.";
    setTimeout(() => button.replaceChildren(icon("copy")), 1500);
  });
});

// One open drop-down at a time; a click elsewhere or Escape closes it.
const drops = all("details.drop");
document.addEventListener("click", (event) => drops.forEach((d) => { if (!d.contains(event.target)) d.open = false; }));

// Keys.
const keys = document.getElementById("keys");
let before = "";
const rows = all("tbody tr");
const moveTo = (step) => {
  const at = rows.findIndex((r) => r.contains(document.activeElement));
  rows[Math.min(Math.max(at + step, 0), rows.length - 1)]?.querySelector("a")?.focus();
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    if (event.key === "Enter" && event.target.matches("textarea[name=sql]")) event.target.form.requestSubmit();
    return;
  }
  if (event.key === "Escape") drops.forEach((d) => { d.open = false; });
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const went = before === "g" && document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  before = event.key;
  if (went) { location.href = went.href; return; }
  switch (event.key) {
    case "?": keys?.showModal(); break;
    case "/": document.querySelector("input[type=search], textarea[name=sql]")?.focus(); event.preventDefault(); break;
    case "j": moveTo(1); break;
    case "k": moveTo(-1); break;
    case "n": document.querySelector("[rel=next]")?.click(); break;
    case "e": document.querySelector("[data-export]")?.focus(); break;
  }
});
all("[data-keys]").forEach((b) => b.addEventListener("click", () => keys.showModal()));

// Counts that took too long to come with the page.
const later = document.querySelector("[data-counts]");
if (later) document.getElementById("facets").append(make("p", { className: "muted small", textContent: "Counting values…" }));
if (later) fetch(later.dataset.counts).then((r) => (r.ok ? r.json() : Promise.reject(r.status))).then((counts) => {
  document.getElementById("rows").textContent = counts.rows;
  const facets = document.getElementById("facets");
  facets.replaceChildren(...counts.facets.map((f) => make("section", {},
    make("h2", { textContent: f.column + (f.exact ? "" : " (so far)") }),
    make("ul", {}, ...f.values.map((v) => {
      const a = make("a", { href: v.url }, make("span", { textContent: v.text }), make("span", { textContent: v.rows }));
      if (v.here) a.setAttribute("aria-current", "true");
      return make("li", {}, a);
    })))));
  facets.hidden = counts.facets.length === 0;
}).catch(() => {
  document.getElementById("rows").textContent = "";
  document.getElementById("facets").hidden = true;
});

// Runs that go on. One stream for the page; while nobody looks at it, none.
const watched = document.querySelector("[data-live]");
if (watched) {
  let stream, spoken = 0;
  const show = (run) => {
    all(`[data-run="${run.run}"]`).forEach((box) => {
      for (const field of ["fetched", "pending", "failures", "bytes", "rate", "took"]) {
        all(`[data-field=${field}]`, box).forEach((e) => { if (e.textContent !== run[field]) e.textContent = run[field]; });
      }
      all("progress", box).forEach((p) => { p.value = run.done; });
      all("[data-log]", box).forEach((log) => log.replaceChildren(...run.recent.map(visit)));
      mix(box, run.statuses);
      if (run.course) all("[data-course]", box).forEach((card) => draw(card, run.course));
    });
    if (Date.now() - spoken > 5000) {
      spoken = Date.now();
      announce.textContent = `${run.fetched} fetched, ${run.pending} to go, ${run.failures} failed.`;
    }
  };
  const visit = (v) => make("li", {},
    make("span", { className: "badge tone-" + v.tone, textContent: v.result }),
    make("a", { href: v.link }, make("span", { className: "dim", textContent: v.host }), v.text),
    make("span", { className: "muted", textContent: v.took }));
  const draw = (card, course) => {
    for (const name of ["rate", "mean"]) {
      const plot = card.querySelector(`[data-plot=${name}]`);
      plot.querySelector("polyline").setAttribute("points", course[name].line);
      plot.querySelector("polygon").setAttribute("points", course[name].area);
      plot.querySelector("[data-most]").textContent = course[name].most;
    }
    card.querySelector("[data-end]").textContent = course.end;
    if (card.querySelector("details").open) card.querySelector("tbody").replaceChildren(...course.laps.map((lap) =>
      make("tr", {}, ...[lap.from, lap.fetched, lap.rate, lap.mean].map((text) => make("td", { className: "number", textContent: text })))));
  };
  const mix = (box, statuses) => {
    const bars = all("[data-mix] rect", box), sum = statuses.reduce((a, b) => a + b, 0) || 1;
    let x = 0;
    bars.forEach((bar) => {
      const width = 1000 * (statuses[bar.dataset.status] || 0) / sum;
      bar.setAttribute("x", x);
      bar.setAttribute("width", width);
      x += width;
    });
    all("[data-count]", box).forEach((e) => { e.textContent = (statuses[e.dataset.count] || 0).toLocaleString("en"); });
  };
  const open = () => {
    if (stream || document.hidden) return;
    stream = new EventSource(watched.dataset.live);
    stream.addEventListener("progress", (event) => JSON.parse(event.data).runs.forEach(show));
    stream.addEventListener("over", () => { stream.close(); location.reload(); });
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { stream?.close(); stream = undefined; } else open();
  });
  addEventListener("pagehide", () => stream?.close());
  open();
}
