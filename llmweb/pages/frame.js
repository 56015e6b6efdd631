/* What every page shares in the browser: the place in the address, keys, following the end of a growing text,
   dialogs, copying. Pages speak to it through attributes: data-do, data-ask, data-confirm, data-copy, data-place, data-tab-link. */
const llmweb = (() => {
  const { tab: start, __theme, ...rest } = Object.fromEntries(new URLSearchParams(location.search));
  const places = start ? { [start]: rest } : {};      // tab → its own parameters: {chat: "12"}
  let asked = start;                                  // the tab the address asks for, until it is open
  const opened = new Map();                           // key of a <details> → whether the person opened it
  const visible = (element) => element && element.offsetParent !== null;
  const firstVisible = (selector) => [...document.querySelectorAll(selector)].find(visible);

  function write(tab) {
    const query = new URLSearchParams({ tab, ...places[tab], ...(__theme && { __theme }) });
    history.replaceState(history.state, "", `${location.pathname}?${query}`);
  }

  /** A tab was opened: the address names it, with the place last held there. */
  function enter(tab) {
    if (asked && tab !== asked) return;               // the first tab opens before the one the address asks for
    asked = null;
    write(tab);
    const button = document.getElementById(`page-${tab}-button`);
    if (button) button.parentElement.scrollLeft = button.offsetLeft - button.parentElement.clientWidth / 2 + button.offsetWidth / 2;
  }

  /** Once the tabs are there, open the one the address asks for. */
  function openAsked() {
    if (!asked || !document.querySelector("#tabs [role=tab]")) return;
    if (!document.getElementById(`page-${asked}-button`)) asked = null;
    else if (tabNow() !== asked) open(asked);
  }

  const tabNow = () => document.querySelector("#tabs > .tab-wrapper [role=tab][aria-selected=true]")?.dataset.tabId;

  /** {tab, ...parameters}: where a tab now is. Empty values are left out. */
  function place({ tab, ...rest }) {
    places[tab] = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ""));
    if (tabNow() === tab) write(tab);
  }

  /** Ask in a dialog; resolves to the text, "" for a plain yes, or null when cancelled. */
  function ask(question, { value = null, lines = 1, yes = "OK" } = {}) {
    return new Promise((resolve) => {
      const dialog = document.createElement("dialog");
      dialog.className = "ask";
      const form = document.createElement("form");
      form.method = "dialog";
      const label = document.createElement("label");
      label.append(question);
      form.append(label);
      const field = value === null ? null : document.createElement(lines > 1 ? "textarea" : "input");
      if (field) { field.value = value; field.rows = lines; label.append(field); }
      const row = document.createElement("div");
      row.className = "ask-row";
      for (const [name, word] of [["cancel", "Cancel"], ["yes", yes]]) {
        const button = document.createElement("button");
        button.value = name; button.textContent = word; button.className = `ask-${name}`;
        if (name === "cancel") button.type = "button", button.onclick = () => dialog.close("");
        row.append(button);
      }
      form.append(row);
      dialog.append(form);
      dialog.onclose = () => { dialog.remove(); resolve(dialog.returnValue === "yes" ? (field ? field.value : "") : null); };
      if (field) field.onkeydown = (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); dialog.close("yes"); }
      };
      (document.querySelector(".gradio-container") || document.body).append(dialog);
      dialog.showModal();
      if (field) field.select();
    });
  }

  /** Clicks on [data-do] inside a gr.HTML become its click event: {do, id, text}. */
  function delegate(element, trigger) {
    element.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-do]");
      if (!button || !element.contains(button)) return;
      event.preventDefault();
      const { do: what, id = "", ask: question, confirm: warning, value = "", lines = "1", yes } = button.dataset;
      let text = "";
      if (question) text = await ask(question, { value, lines: Number(lines), yes });
      else if (warning) text = await ask(warning, { yes });
      if (text !== null) trigger("click", { do: what, id, text });
    });
  }

  async function copy(button) {
    const said = button.textContent;
    try { await navigator.clipboard.writeText(button.dataset.copy); button.textContent = "Copied"; }
    catch { button.textContent = "Press Ctrl+C"; }
    setTimeout(() => { button.textContent = said; }, 1500);
  }

  /** Hand a text to the person as a file. */
  function save({ name, text, data }) {
    const link = document.createElement("a");
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    link.href = URL.createObjectURL(new Blob([text, bytes], { type: "application/octet-stream" }));
    link.download = name.replace(/[\\/:*?"<>|]+/g, " ");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  /** Keep the end of a scrolling text in view while it grows, but only if the reader was at the end. */
  function follow(box) {
    box.dataset.followed = "yes";
    let atEnd = true;
    box.addEventListener("scroll", () => { atEnd = box.scrollTop + box.clientHeight > box.scrollHeight - 48; }, { passive: true });
    new MutationObserver(() => { if (atEnd) box.scrollTop = box.scrollHeight; })
      .observe(box, { childList: true, subtree: true, characterData: true });
    box.scrollTop = box.scrollHeight;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      const stop = firstVisible(".stop-button");
      if (stop) { event.preventDefault(); stop.click(); } else document.querySelectorAll(".unfolded").forEach((e) => e.classList.remove("unfolded"));
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      const search = firstVisible(".search-field input, .search-field textarea");
      if (search) { event.preventDefault(); search.focus(); }
    }
  });

  document.addEventListener("click", (event) => {
    const copied = event.target.closest("[data-copy]");
    if (copied) copy(copied);
    const tab = event.target.closest("[data-tab]");
    if (tab) { event.preventDefault(); open(tab.dataset.tab); }
    const link = event.target.closest("a[data-tab-link]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); go(link); }
    const fold = event.target.closest("[data-unfold]");
    document.querySelectorAll(".unfolded").forEach((panel) => { if (!fold && !panel.contains(event.target)) panel.classList.remove("unfolded"); });
    if (fold) document.getElementById(fold.dataset.unfold)?.classList.toggle("unfolded");
    const summary = event.target.closest("summary");
    const details = summary?.parentElement;
    if (details?.dataset.key) opened.set(details.dataset.key, !details.open);
  });

  /** Open another tab by its name, as a click on it would. */
  function open(tab) { document.getElementById(`page-${tab}-button`)?.click(); }

  /** A link to a place, <a data-tab-link href="?tab=runs&run=12">, in HTML or SVG: its tab opens, and its page's door
      takes the parameters. */
  function go(link) {
    const { tab, ...rest } = Object.fromEntries(new URLSearchParams(link.getAttribute("href")));
    open(tab);
    scrollTo(0, 0);
    const door = document.querySelector(`[data-door="${CSS.escape(tab)}"]`);
    if (!door) return;
    door.dataset.id = new URLSearchParams(rest);
    door.click();
  }

  new MutationObserver((records) => {
    for (const { target } of records) {
      if (target.dataset.download) save(JSON.parse(target.dataset.download));
      if (target.dataset.place) place(JSON.parse(target.dataset.place));
      // An update of the text around it must not fold what the reader has opened.
      if (target.tagName === "DETAILS" && opened.has(target.dataset.key)) {
        const wanted = opened.get(target.dataset.key);
        if (target.open !== wanted) target.open = wanted;
      }
    }
  }).observe(document.documentElement, { attributes: true, subtree: true, attributeFilter: ["data-place", "data-download", "open"] });

  /* Texts tied to their source, and files */

  /** Light the place a link with data-lights names, and bring it into view inside its own pane; the page stays. */
  function light(link) {
    document.querySelectorAll(".supports.lit").forEach((place) => place.classList.remove("lit"));
    const place = link && document.getElementById(link.dataset.lights);
    if (!place) return;
    place.classList.add("lit");
    const box = place.closest(".pane-box"), [inner, outer] = [place.getBoundingClientRect(), box.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom) box.scrollTop += inner.top - outer.top - box.clientHeight / 3;
  }

  for (const name of ["mouseover", "focusin"]) document.addEventListener(name, (event) => {
    const link = event.target.closest?.("[data-lights]");
    if (link) light(link);
    else if (name === "mouseover" && document.querySelector(".supports.lit")) light(document.activeElement?.closest("[data-lights]"));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-lights]");
    if (link) { event.preventDefault(); link.focus({ preventScroll: true }); }
  });

  const revealed = new Set();
  /** On a narrow screen the result stands below what was asked: bring it into view once for each data-reveal. */
  function reveal() {
    for (const element of document.querySelectorAll("[data-reveal]")) {
      if (revealed.has(element.dataset.reveal)) continue;
      revealed.add(element.dataset.reveal);
      if (innerWidth < 1024) element.closest(".pane")?.scrollIntoView({ block: "start" });
    }
  }

  // A file that is too big is not uploaded first: the page says so, in the words of the server.
  document.addEventListener("change", (event) => {
    const input = event.target.closest?.("input[type=file]"), limit = input?.closest(".tabitem")?.querySelector("[data-max-bytes]");
    const big = limit && [...input.files].find((file) => file.size > Number(limit.dataset.maxBytes));
    if (!big) return;
    event.stopImmediatePropagation();
    limit.dataset.id = `${big.size} ${big.name}`;
    limit.click();
    input.value = "";
  }, true);

  // A file dropped anywhere on a page goes where a chosen one goes.
  const takesFiles = (event) => event.dataTransfer?.types.includes("Files") && firstVisible(".takes-files");
  document.addEventListener("dragover", (event) => { if (takesFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const button = takesFiles(event);
    if (!button) return;
    event.preventDefault();
    const input = button.parentElement.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  let looking = false;
  new MutationObserver(() => {
    if (looking) return;
    looking = true;
    requestAnimationFrame(() => { looking = false; openAsked(); reveal(); document.querySelectorAll(".follows:not([data-followed])").forEach(follow); });
  }).observe(document.documentElement, { childList: true, subtree: true });

  return { enter, place, ask, delegate, open };
})();
