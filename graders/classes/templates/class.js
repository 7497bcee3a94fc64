(() => {
  const table = document.getElementById("students");
  if (!table) return;
  const find = (id) => document.getElementById(id);
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const firstCheck = heads.findIndex((head) => head.dataset.kind === "verdict");
  const afterChecks = firstCheck + heads.filter((head) => head.dataset.kind === "verdict").length;
  const isCheck = (at) => firstCheck <= at && at < afterChecks;
  const worstFirst = "fbhnpx";
  const [search, verdict, check, cause, clear] = ["search", "verdict", "check", "cause", "clear"].map(find);
  const choices = [verdict, check, cause].filter(Boolean);
  const texts = new Map(rows.map((row) => {
    return [row, [...row.cells].filter((cell, at) => !isCheck(at)).map((cell) => cell.textContent).join(" ").toLowerCase()];
  }));

  // Sort
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  // What is no number, a student without a score for instance, comes before all numbers.
  const value = (cell) => { const found = parseFloat(cell.textContent); return Number.isNaN(found) ? -1 : found; };
  const compare = {
    text: (a, b) => collator.compare(a.textContent, b.textContent),
    number: (a, b) => value(a) - value(b),
    verdict: (a, b) => worstFirst.indexOf(a.className) - worstFirst.indexOf(b.className),
  };
  const sort = (at) => {
    const head = heads[at];
    const up = head.getAttribute("aria-sort") !== "ascending";
    const order = compare[head.dataset.kind];
    // `rows` are by name, and a sort is stable: what is the same stays by name.
    const sorted = [...rows].sort((a, b) => (up ? 1 : -1) * order(a.cells[at], b.cells[at]));
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...sorted);
    tell((up ? table.dataset.up : table.dataset.down).replace("{column}", head.textContent.trim()));
  };
  heads.forEach((head, at) => {
    if (!head.dataset.kind) return;
    const button = document.createElement("button");
    button.type = "button";
    const words = head.querySelector("span");
    button.append(...words.childNodes);
    words.append(button);
    button.addEventListener("click", () => sort(at));
  });

  // Filter
  const hasVerdict = (row) => {
    if (!verdict?.value) return true;
    const cells = check.value ? [row.cells[firstCheck + Number(check.value)]] : [...row.cells].slice(firstCheck, afterChecks);
    return cells.some((cell) => cell.className === verdict.value);
  };
  const hasCause = (row) => !cause?.value || (row.dataset.c ?? "").split(" ").includes(cause.value);
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !(words.every((word) => texts.get(row).includes(word)) && hasVerdict(row) && hasCause(row));
      shown += row.hidden ? 0 : 1;
    }
    find("no-match").hidden = shown > 0;
    clear.disabled = !search.value && choices.every((choice) => !choice.value);
    tell(search.dataset.shown.replace("{count}", shown).replace("{all}", rows.length));
  };
  const showAll = () => {
    search.value = "";
    for (const choice of choices) choice.value = "";
    filter();
  };
  search.addEventListener("input", filter);
  for (const choice of choices) choice.addEventListener("change", filter);
  clear.addEventListener("click", () => { showAll(); search.focus(); });
  for (const button of all("button.only")) {
    button.addEventListener("click", () => {
      showAll();
      cause.value = button.value;
      filter();
      cause.scrollIntoView({ block: "start" });
      cause.focus({ preventScroll: true });
    });
  }

  // A link to a student leads to a line, which a filter may have hidden.
  for (const link of all('a[href^="#s"]')) {
    link.addEventListener("click", () => { if (find(link.hash.slice(1))?.hidden) showAll(); });
  }

  // Who points at a cell wants to know whose and which; 12,000 titles would be most of the page.
  body.addEventListener("mouseover", ({ target }) => {
    const cell = target.closest("td");
    if (!cell || cell.title || !isCheck(cell.cellIndex)) return;
    cell.title = [cell.parentElement.cells[0], heads[cell.cellIndex], cell]
      .map((one) => one.textContent.trim()).join(" · ");
  });
})();
