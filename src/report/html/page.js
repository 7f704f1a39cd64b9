"use strict";
(() => {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const grid = document.getElementById("grid");
  const form = document.getElementById("filter");
  const status = document.getElementById("status");
  const dialog = document.getElementById("dialog");
  const rows = grid ? all("tbody tr", grid) : [];
  const columns = grid ? all("thead th", grid).slice(1) : [];
  const images = all("details.image");
  const unread = all("#unread li, #workloads li");
  const name = (row) => row.cells[0].textContent.toLowerCase();
  const matches = (text, words) => words.every((word) => text.includes(word));
  const words = (id) => document.getElementById(id).value.toLowerCase().split(/\s+/).filter(Boolean);
  const states = (element) => (element.dataset.s || "").split(" ");

  // Columns are hidden by rules: a rule is one change, where a thousand rows are a thousand.
  const hide = (numbers) => {
    const sheet = document.styleSheets[0];
    while (sheet.cssRules.length > base) sheet.deleteRule(base);
    for (const number of numbers) {
      sheet.insertRule(`#grid tr > :nth-child(${number + 2}) { display: none; }`, base);
    }
  };
  const base = document.styleSheets[0].cssRules.length;

  const apply = () => {
    const image = words("image");
    const host = words("host");
    const chosen = new Set(all("input[type=checkbox]:checked", form).map((box) => box.value));
    const hidden = new Set();
    columns.forEach((column, number) => {
      if (!matches(column.textContent.toLowerCase(), host)) hidden.add(number);
    });
    hide(hidden);
    let shown = 0;
    const visible = new Set();
    for (const row of rows) {
      const states = host.length
        ? columns.flatMap((_, number) => hidden.has(number) ? [] : [row.cells[number + 1].className])
        : row.dataset.s.split(" ");
      row.hidden = !(matches(name(row), image) && states.some((state) => chosen.has(state)));
      if (!row.hidden) {
        shown += 1;
        visible.add(row.dataset.i);
      }
    }
    for (const image of images) image.hidden = !visible.has(image.id);
    for (const item of unread) item.hidden = !matches(item.textContent.toLowerCase(), image);
    status.textContent = `${shown} of ${rows.length} images, ${columns.length - hidden.size} of ${columns.length} hosts`;
    rove(null);
  };

  // One cell is in the order of the Tab key; the arrow keys go on from there.
  let current = null;
  const rove = (link) => {
    if (current) current.tabIndex = -1;
    const row = rows.find((row) => !row.hidden);
    current = link || (row && all("a", row).find((link) => link.offsetParent)) || null;
    if (current) current.tabIndex = 0;
  };
  const step = (cell, key) => {
    const sideways = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[key];
    const upright = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[key];
    const place = cell.cellIndex;
    let next = cell;
    do {
      if (sideways) {
        next = next[sideways];
      } else {
        const row = next.parentElement[upright];
        next = row && row.cells[place];
      }
    } while (next && !(next.querySelector("a") && next.offsetParent));
    return next && next.querySelector("a");
  };

  const show = (link) => {
    const cell = link.closest("td");
    const host = String(cell.cellIndex - 1);
    const group = document.getElementById(link.hash.slice(1));
    const copy = group.cloneNode(true);
    copy.removeAttribute("id");
    for (const part of all("[data-h]", copy)) {
      if (part.dataset.h.split(" ").includes(host)) part.querySelector(".for")?.remove();
      else part.remove();
    }
    copy.querySelector("h3")?.remove();
    const title = document.getElementById("title");
    title.textContent = `${cell.parentElement.cells[0].textContent} on ${columns[host].textContent}`;
    document.getElementById("content").replaceChildren(copy);
    dialog.showModal();
  };

  if (grid) {
    for (const link of all("tbody a", grid)) link.tabIndex = -1;
    grid.addEventListener("click", (event) => {
      const link = event.target.closest("tbody a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      rove(link);
      show(link);
    });
    grid.addEventListener("keydown", (event) => {
      const link = event.target.closest("tbody a");
      const next = link && event.key.startsWith("Arrow") && step(link.closest("td"), event.key);
      if (next) {
        event.preventDefault();
        rove(next);
        next.focus();
      }
    });
  }
  document.getElementById("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  // What does not pass is printed whole.
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const image of images) {
      const states_of = states(image);
      if (!image.open && ["fail", "flag", "open"].some((state) => states_of.includes(state))) {
        image.open = true;
        opened.push(image);
      }
    }
  });
  addEventListener("afterprint", () => { for (const image of opened.splice(0)) image.open = false; });
  form.hidden = false;
  apply();
})();
