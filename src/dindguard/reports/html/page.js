"use strict";
(() => {
  const form = document.getElementById("filters");
  const list = document.getElementById("list");

  // Whatever a link leads to is unfolded: browsers differ in whether they do it themselves.
  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let each = target; each; each = each.parentElement) if (each.localName === "details") each.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  const ways = document.getElementById("ways");
  let folded = false;
  addEventListener("beforeprint", () => { if (ways) [folded, ways.open] = [!ways.open, true]; });
  addEventListener("afterprint", () => { if (ways && folded) ways.open = false; });
  if (!form || !list) return unfold();

  const cards = [...list.querySelectorAll("article")];
  const texts = new Map();
  const order = ["critical", "high", "medium", "low", "info"];
  const text = (card) => {
    if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase());
    return texts.get(card);
  };
  const matches = (card, wanted) =>
    ["severity", "rule", "file", "state"].every((name) => !wanted[name] || card.dataset[name] === wanted[name]) &&
    wanted.words.every((word) => text(card).includes(word));

  let grouped = "";
  const group = (name) => {
    if (name === grouped) return;
    grouped = name;
    const groups = new Map();
    for (const card of cards) {
      const key = card.dataset[name];
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(card);
    }
    const keys = [...groups.keys()];
    if (name === "severity") keys.sort((a, b) => order.indexOf(a) - order.indexOf(b));
    list.replaceChildren(...keys.map((key) => {
      const section = document.createElement("section");
      section.className = "group";
      if (name === "severity") section.id = `severity-${key}`;
      const head = document.createElement("h3");
      const count = document.createElement("span");
      count.className = "count";
      head.append(`${key || "no file"} `, count);
      section.append(head, ...groups.get(key));
      return section;
    }));
  };

  const apply = () => {
    const values = Object.fromEntries(new FormData(form));
    const wanted = { ...values, words: values.words.toLowerCase().split(/\s+/).filter(Boolean) };
    group(values.group);
    let shown = 0;
    for (const card of cards) {
      card.hidden = !matches(card, wanted);
      shown += !card.hidden;
    }
    for (const section of list.children) {
      const count = [...section.querySelectorAll("article")].filter((card) => !card.hidden).length;
      section.hidden = !count;
      section.querySelector(".count").textContent = count;
    }
    document.getElementById("shown").textContent = `Shows ${shown} of ${cards.length} findings`;
  };

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, cards.length > 500 ? 150 : 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const each of form.elements) if (each.name && each.name !== "group") each.value = "";
    apply();
  });
  // Counts set the filter that they count; a link to a card that is filtered away shows it again.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    const names = ["severity", "rule", "file"].filter((name) => name in link.dataset);
    if (names.length) {
      event.preventDefault();
      for (const each of form.elements) if (["severity", "rule", "file", "words"].includes(each.name)) each.value = "";
      for (const name of names) form.elements[name].value = link.dataset[name];
      apply();
      document.getElementById("findings").scrollIntoView(); // the form itself sticks to the top
      form.elements[names[0]].focus({ preventScroll: true });
      return;
    }
    const target = document.getElementById(link.getAttribute("href").slice(1));
    if (target && target.closest("#list [hidden], #list [hidden] *")) form.reset();
  });
  form.hidden = false;
  apply();
  unfold();
})();
