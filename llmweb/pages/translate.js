/* The Translate page in the browser: counting, keys, and lighting a sentence and its pair together.
   Runs once, with the page's root as `page`, before its fields are there: so it asks for them when it needs them.
   Sentences carry data-pair, the same number on both sides. */
const field = () => page.querySelector("#translate-box textarea");
const mirror = () => page.querySelector("#translate-mirror .mirror");

/** The mirror behind the field holds the text that was translated: lit only while the field still says the same. */
const same = () => mirror()?.textContent === field()?.value;
const alike = () => { if (mirror()) mirror().scrollTop = field().scrollTop; };

// On a clock, because a value set by the app fires no input event.
let counted = "";
setInterval(() => {
  const box = field();
  if (!box?.offsetParent || counted === box.value) return;
  counted = box.value;
  box.dir = "auto";
  const length = [...counted].length;
  page.querySelector("#translate-count").textContent = `${length.toLocaleString("en")} ${length === 1 ? "character" : "characters"}`;
}, 200);
page.addEventListener("input", (event) => { if (event.target === field()) light(null); });
page.addEventListener("scroll", (event) => { if (event.target === field()) alike(); }, { passive: true, capture: true });

let lit = null;
function light(number, from) {
  if (number === lit) return;
  lit = number;
  page.querySelectorAll(".lit").forEach((element) => element.classList.remove("lit"));
  if (number === null || !same()) return;
  for (const element of page.querySelectorAll(`[data-pair="${number}"]`)) {
    element.classList.add("lit");
    const pane = element.closest(".mirror, .pane-text");
    if (!pane || pane === from) continue;
    const [inner, outer] = [element.getBoundingClientRect(), pane.getBoundingClientRect()];
    if (inner.top >= outer.top && inner.bottom <= outer.bottom) continue;
    pane.scrollTop += inner.top - outer.top - outer.height / 3;
    if (pane === mirror()) field().scrollTop = pane.scrollTop;
  }
}
const pairOf = (element) => element?.closest?.("[data-pair]")?.dataset.pair ?? null;

page.addEventListener("mousemove", (event) => {
  if (event.buttons) return;
  if (event.target !== field()) {
    if (event.target.closest(".pane-text, .alternatives")) light(pairOf(event.target), event.target.closest(".pane-text"));
    else if (!page.querySelector(".pane-text :focus")) light(null);
    return;
  }
  alike();
  const below = document.elementsFromPoint(event.clientX, event.clientY).find((element) => element.dataset.pair && mirror()?.contains(element));
  light(pairOf(below), mirror());
});
page.addEventListener("mouseleave", () => light(null));
page.addEventListener("focusin", (event) => { if (event.target.closest(".pane-text")) light(pairOf(event.target), event.target.closest(".pane-text")); });

/** The sentence the caret is in. */
document.addEventListener("selectionchange", () => {
  const box = field();
  if (!box || document.activeElement !== box || !same()) return;
  let at = 0;
  for (const node of mirror().childNodes) {
    at += node.textContent.length;
    if (at > box.selectionStart) { light(pairOf(node.nodeType === 1 ? node : null), mirror()); return; }
  }
});

page.addEventListener("keydown", (event) => {
  if (event.target === field() && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    page.querySelector("#translate-go").click();
  }
  const sentence = event.target.closest?.(".pane-text [data-pair]");
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!sentence || !step) return;
  event.preventDefault();
  page.querySelector(`.pane-text [data-pair="${Number(sentence.dataset.pair) + step}"]`)?.focus();
});
