/* What every page shares in the browser: the place in the address, keys, following the end of a growing text,
   dialogs, copying. Pages speak to it through attributes: data-do, data-ask, data-confirm, data-copy, data-place,
   data-tab-link, data-key, data-focus. */
const llmweb = (() => {
  const { tab: start, __theme, ...rest } = Object.fromEntries(new URLSearchParams(location.search));
  const places = start ? { [start]: rest } : {};      // tab → its own parameters: {chat: "12"}
  let wanted = null;                                  // the place a link leads to, until its tab's door is there
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
    for (const each of button?.parentElement.children ?? []) each.tabIndex = each === button ? 0 : -1;   // arrows lead to the others
    if (button) button.parentElement.scrollLeft = button.offsetLeft - button.parentElement.clientWidth / 2 + button.offsetWidth / 2;
  }

  /** Once the tabs are there, open the one the address asks for. */
  function openAsked() {
    if (!asked || !document.querySelector("#tabs [role=tab]")) return;
    if (!document.getElementById(`page-${asked}-button`)) asked = null;
    else if (tabNow() !== asked) { held = []; open(asked); }
  }

  const tabNow = () => document.querySelector("#tabs > .tab-wrapper [role=tab][aria-selected=true]")?.dataset.tabId;

  /** {tab, ...parameters}: where a tab now is. Empty values are left out. */
  function place({ tab, ...rest }) {
    places[tab] = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ""));
    if (tabNow() === tab) write(tab);
  }

  /** Ask in a dialog; resolves to the text, "" for a plain yes, JSON of several fields, or null when cancelled. */
  function ask(question, { value = null, lines = 1, yes = "OK", fields = [] } = {}) {
    const before = held;
    return new Promise((resolve) => {
      const dialog = document.createElement("dialog");
      dialog.className = "ask";
      dialog.setAttribute("aria-label", question);
      const form = document.createElement("form");
      form.method = "dialog";
      const labelled = (words, field) => {
        const label = document.createElement("label");
        label.append(words, ...(field ? [field] : []));
        form.append(label);
      };
      const made = (start, high) => Object.assign(document.createElement(high > 1 ? "textarea" : "input"), { value: start, rows: high });
      const field = value === null || fields.length ? null : made(value, lines);
      labelled(question, field);
      const inputs = fields.map((each) => {
        const input = made(each.value, each.lines);
        input.name = each.name;
        labelled(each.label, input);
        if (!each.choices.length) return input;
        const list = document.createElement("datalist");
        list.id = `ask-${each.name}`;
        list.append(...each.choices.map((choice) => new Option(choice, choice)));
        form.append(list);
        input.setAttribute("list", list.id);
        return input;
      });
      const given = () => (inputs.length ? JSON.stringify(Object.fromEntries(inputs.map((each) => [each.name, each.value]))) : field ? field.value : "");
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
      dialog.onclose = () => { dialog.remove(); if (!seen(held[0])) held = before; resolve(dialog.returnValue === "yes" ? given() : null); };
      for (const each of field ? [field] : inputs) each.onkeydown = (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); dialog.close("yes"); }
      };
      (document.querySelector(".gradio-container") || document.body).append(dialog);
      dialog.showModal();
      (field || inputs[0])?.select();
    });
  }

  /** Clicks on [data-do] inside a gr.HTML become its click event: {do, id, text}. */
  function delegate(element, trigger) {
    element.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-do]");
      if (!button || !element.contains(button) || button.tagName === "SELECT") return;
      event.preventDefault();
      const { do: what, id = "", ask: question, confirm: warning, value = "", lines = "1", yes, fields = "[]", text: said = "" } = button.dataset;
      let text = said;
      if (question) text = await ask(question, { value, lines: Number(lines), yes, fields: JSON.parse(fields) });
      else if (warning) text = await ask(warning, { yes });
      if (text !== null) trigger("click", { do: what, id, text });
    });
    // So does a choice in a select[data-do]: text is {its name: what was chosen} as JSON.
    element.addEventListener("change", ({ target }) => {
      if (!target.matches("select[data-do]")) return;
      chosen.set(target, target.value);
      trigger("click", { do: target.dataset.do, id: target.dataset.id, text: JSON.stringify({ [target.name]: target.value }) });
    });
    element.dataset.delegated = "yes";
    enterDoor();
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
      if (stop) { event.preventDefault(); stop.click(); } else document.querySelectorAll(".unfolded").forEach((pane) => unfold(pane, false));
    }
    const step = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key];
    const near = step && event.target.closest?.(".token, #tabs > .tab-wrapper [role=tab]");
    if (near?.[step]) { event.preventDefault(); near[step].focus(); if (near.matches("[role=tab]")) near[step].click(); }
    if (["Enter", " "].includes(event.key) && event.target.matches?.("span[role=button]")) { event.preventDefault(); event.target.click(); }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      const search = firstVisible(".search-field input, .search-field textarea");
      if (search) { event.preventDefault(); search.focus(); }
    }
    const pressed = /^[0-9]$/.test(event.key) && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (pressed) firstVisible(`[data-key="${event.key}"]`)?.click();
  });

  document.addEventListener("click", (event) => {
    const copied = event.target.closest("[data-copy]");
    if (copied) copy(copied);
    const tab = event.target.closest("[data-tab]");
    if (tab) { event.preventDefault(); open(tab.dataset.tab); }
    const link = event.target.closest("a[data-tab-link]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); go(link.getAttribute("href")); }
    const fold = event.target.closest("[data-unfold]"), leads = event.target.closest(".history [data-do=open], .leads");
    document.querySelectorAll(".unfolded").forEach((pane) => { if (pane.id !== fold?.dataset.unfold && (leads || !pane.contains(event.target))) unfold(pane, false); });
    if (fold) unfold(document.getElementById(fold.dataset.unfold), fold.getAttribute("aria-expanded") !== "true");
    const summary = event.target.closest("summary");
    const details = summary?.parentElement;
    if (details?.dataset.key) opened.set(details.dataset.key, !details.open);
  });

  /** On a narrow screen a side pane comes in over the work, and takes the focus of who works by keyboard. */
  function unfold(pane, wanted) {
    const door = document.querySelector(`[data-unfold="${pane.id}"]`), within = pane.contains(document.activeElement);
    pane.classList.toggle("unfolded", wanted);
    door.setAttribute("aria-expanded", wanted);
    if (wanted) [...pane.querySelectorAll("button, a[href]")].find(seen)?.focus({ preventScroll: true });
    else if (within) door.focus({ preventScroll: true });
  }

  /** Open another tab by its name, as a click on it would. */
  function open(tab) { document.getElementById(`page-${tab}-button`)?.click(); }

  /** To a place, as a link <a data-tab-link href="?tab=runs&run=12"> names it: its tab opens, and its page's door takes the
      parameters, once it is there: a tab that was never open has none yet. */
  function go(address) {
    const { tab, ...rest } = Object.fromEntries(new URLSearchParams(address));
    wanted = { tab, rest };
    open(tab);
    scrollTo(0, 0);
    enterDoor();
  }

  function enterDoor() {
    const door = wanted && document.querySelector(`[data-delegated] [data-door="${CSS.escape(wanted.tab)}"]`);
    if (!door) return;
    door.dataset.id = new URLSearchParams(wanted.rest);
    wanted = null;
    door.click();
  }

  const chosen = new WeakMap();                       // select → what was chosen there and no update has told of yet
  function settle(option) {
    const select = option.closest("select");
    if (chosen.has(select) && chosen.get(select) !== option.value) return;
    chosen.delete(select);
    option.selected = true;
  }

  new MutationObserver((records) => {
    for (const { target } of records) {
      if (target.dataset.download) save(JSON.parse(target.dataset.download));
      if (target.dataset.way) go(target.dataset.way);
      if (target.dataset.place) place(JSON.parse(target.dataset.place));
      // An update must not leave a select that was touched before at its old choice, nor take a newer one back,
      if (target.tagName === "OPTION" && target.hasAttribute("selected")) settle(target);
      // nor fold what the reader has opened.
      if (target.tagName === "DETAILS" && opened.has(target.dataset.key)) {
        const wanted = opened.get(target.dataset.key);
        if (target.open !== wanted) target.open = wanted;
      }
    }
  }).observe(document.documentElement, { attributes: true, subtree: true, attributeFilter: ["data-place", "data-way", "data-download", "open", "selected"] });

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

  /** On a narrow screen its quote stands below it; it stays when the focus goes, so that nothing moves under a finger. */
  function quote(link) {
    document.querySelectorAll(".linked.quoted").forEach((other) => other.classList.remove("quoted"));
    link.classList.add("quoted");
  }

  for (const name of ["mouseover", "focusin"]) document.addEventListener(name, (event) => {
    const link = event.target.closest?.("[data-lights]");
    if (link && name === "focusin") quote(link);
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
      if (innerWidth < 1024) (element.closest(".pane") ?? element).scrollIntoView({ block: "start" });
    }
  }

  // Gradio's text fields tell of pressed keys alone. What is pasted, deleted or dictated is told as one.
  let pressed = false;
  for (const name of ["keypress", "keyup"]) document.addEventListener(name, () => { pressed = name === "keypress"; }, true);
  document.addEventListener("input", ({ target }) => {
    if (!pressed && target.matches("[data-testid=textbox]")) target.dispatchEvent(new KeyboardEvent("keypress", { bubbles: true }));
    pressed = false;
  });

  const seen = (element) => element?.isConnected && element.checkVisibility({ visibilityProperty: true });
  const CAN_HOLD = "button, a[href], summary, input, textarea, select, [tabindex]";
  let held = [], standIn = null;                      // where the person was: it and all it stood in, from within; and what has the focus for it
  function hold(element) {
    standIn = null;
    held = [];
    for (let at = element; at && at !== document.body; at = at.parentElement) held.push(at);
  }
  document.addEventListener("focusin", ({ target }) => { if (target !== standIn) hold(target); });
  document.addEventListener("keydown", ({ target }) => { if (target === standIn) hold(target); }, true);
  document.addEventListener("pointerdown", () => { held = []; }, true);   // who clicks elsewhere has left it

  /** What an update hides or takes away hands the focus on: to the same button drawn anew, else to what stands near. A button that is back gets it again. */
  function keepFocus() {
    const [gone] = held, now = document.activeElement;
    if (!gone || now === gone) return;
    const back = gone.isConnected ? gone : gone.id && document.getElementById(gone.id);   // drawn anew, it has the same id
    if (seen(back) && back.matches(CAN_HOLD)) return back.matches("button") && [document.body, standIn].includes(now) && back.focus({ preventScroll: true });
    if (now !== document.body && seen(now)) return;
    const { do: what, id } = gone.dataset, inside = (box, selector) => [...box.querySelectorAll(selector)].find(seen);
    const again = what && [...document.querySelectorAll("[data-do]")].find((each) => each.dataset.do === what && each.dataset.id === id && seen(each));
    const twin = ".stop-button, .primary, .lens-go", kinds = [...(gone.matches(twin) ? [twin] : []), ...(gone.tabIndex < 0 ? [] : [gone.tagName]), "button, a[href], summary, input, textarea"];
    const near = (box) => (box.id === "tabs" ? ["[role=tab][aria-selected=true]"] : kinds).map((kind) => inside(box, kind)).find(Boolean);
    const page = held.findIndex((box) => box.matches(".tabitem") && seen(box));   // on a page that stays, what comes is waited for
    const next = again || (page < 0 ? held : held.slice(0, page + 1)).filter(seen).map(near).find(Boolean);
    if (gone.isConnected || gone.id) standIn = next;
    next?.focus({ preventScroll: true });
  }

  const focused = new Set();
  /** What waits for a key takes the focus once for each data-focus, unless the person is writing something. */
  function takeFocus() {
    const waiting = firstVisible("[data-focus]");
    if (!waiting || focused.has(waiting.dataset.focus)) return;
    focused.add(waiting.dataset.focus);
    if (document.activeElement === document.body || document.activeElement.value === "") waiting.focus({ preventScroll: true });
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
    requestAnimationFrame(() => { looking = false; openAsked(); enterDoor(); reveal(); takeFocus(); keepFocus(); document.querySelectorAll(".follows:not([data-followed])").forEach(follow); });
  }).observe(document.documentElement, { childList: true, subtree: true });

  return { enter, place, ask, delegate, open };
})();
