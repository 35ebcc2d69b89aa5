"use strict";
{
  const reading = JSON.parse(document.getElementById("reading").textContent);
  const page = document.getElementById("page");

  // The library of charts is a megabyte: it is read once the page stands there.
  const library = new Promise((read) => {
    requestAnimationFrame(() =>
      setTimeout(() => {
        const script = document.createElement("script");
        script.textContent = document.getElementById("library").textContent;
        document.head.append(script);
        read();
      }),
    );
  });

  // On a narrow screen charts are narrower, and side by side are fewer; tables of cells (a width per cell) scroll.
  const fitted = (spec, room) => {
    if (typeof spec.width === "number") spec.width = Math.min(spec.width, room - (spec.autosize ? 0 : 90));
    if (spec.columns) spec.columns = Math.max(1, Math.min(spec.columns, Math.floor(room / 225)));
    spec.config.axis.labelLimit = Math.min(spec.config.axis.labelLimit, room * 0.4);
    return spec;
  };

  // One after the other, so that the page can be read and scrolled while its charts come.
  let turn = 0;
  const draw = async () => {
    const mine = ++turn;
    const language = page.dataset.language;
    await library;
    if (mine !== turn) return;
    for (const figure of page.querySelectorAll("figure")) {
      const spec = fitted(JSON.parse(figure.querySelector("script").textContent), figure.clientWidth);
      const place = document.createElement("div");
      figure.append(place);
      await vegaEmbed(place, spec, { mode: "vega-lite", actions: false, renderer: "svg", ...reading.charts[language] });
      if (mine !== turn) return;
    }
    page.dataset.drawn = language;
  };

  // The language that is read lies in the page, the others in templates beside it: they change places.
  const speak = (language) => {
    const other = document.querySelector(`template[data-language="${language}"]`);
    if (!other || page.dataset.language === language) return;
    const kept = document.createElement("template");
    Object.assign(kept.dataset, { language: page.dataset.language, title: page.dataset.title });
    for (const place of page.querySelectorAll("figure > div")) place.remove();
    kept.content.append(...page.childNodes);
    page.append(other.content);
    delete page.dataset.drawn;
    Object.assign(page.dataset, { language, title: other.dataset.title });
    other.replaceWith(kept);
    document.documentElement.lang = language;
    document.title = page.dataset.title;
  };

  page.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-to]");
    if (!button) return;
    speak(button.dataset.to);
    draw();
    page.querySelector("button[data-to]").focus();
  });

  // Tables that were folded away under a chart are printed with it; where one is wider than paper, in smaller letters.
  const PAPER = 695; // Pixels between the margins of A4: Letter has more.
  const LETTERS = [16, 11.3]; // Pixels: as they are measured, and at most on paper.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...page.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
    page.classList.add("measured");
    const tables = [...page.querySelectorAll("table")].map((table) => [table, table.offsetWidth]);
    page.classList.remove("measured");
    for (const [table, width] of tables)
      table.style.setProperty("--on-paper", `${Math.min(LETTERS[1], (LETTERS[0] * PAPER) / width)}px`);
  });
  addEventListener("afterprint", () => folded.forEach((one) => (one.open = false)));

  if (reading.asks) {
    const known = [page.dataset.language, ...Object.keys(reading.charts)];
    const wanted = navigator.languages.map((name) => name.slice(0, 2).toLowerCase()).find((name) => known.includes(name));
    if (wanted) speak(wanted);
  }
  draw();
}
