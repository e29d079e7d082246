"use strict";
(() => {
  const form = document.getElementById("filters");
  const tables = [...document.querySelectorAll("table.sortable")];
  if (!form || !tables.length) return;

  // One search over all tables: a team, a repository, a rule.
  const texts = new Map();
  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const apply = () => {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    let all = 0;
    for (const table of tables) {
      let here = 0;
      for (const row of table.tBodies[0].rows) {
        row.hidden = !words.every((word) => text(row).includes(word));
        here += !row.hidden;
        all += 1;
      }
      table.closest("section").hidden = words.length > 0 && !here;
      shown += here;
    }
    document.getElementById("shown").textContent = words.length ? `Shows ${shown} of ${all} rows of this page` : "";
  };
  let waiting = 0;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply, 0));

  // A heading sorts its table: numbers and severities by size, the rest by the alphabet.
  const order = ["info", "low", "medium", "high", "critical"];
  const value = (cell) => {
    const words = cell.textContent.trim();
    if (cell.firstElementChild && cell.firstElementChild.classList.contains("badge")) return order.indexOf(words);
    const number = Number(words.replace(/,/g, "").replace("−", "-"));
    return cell.classList.contains("n") ? (words === "" ? 0 : number) : words.toLowerCase();
  };
  for (const table of tables) {
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent || "Severity";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "descending" : !head.classList.contains("n");
        for (const each of head.parentElement.cells) each.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => [value(row.cells[head.cellIndex]), row]);
        rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1));
        body.replaceChildren(...rows.map(([, row]) => row));
      });
    }
  }
  form.hidden = false;
})();
