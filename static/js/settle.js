/* form[data-autosave] saves itself with htmx when a field changes. A form that waits for scans
   (data-after-scans) waits for these too: pressed while a field is still being typed in, it lets
   the field be saved first, and stays where it is when that failed. What is typed while a save is
   under way is carried over into the fresh fields. */

let inFlight = 0;
let waiting = null; // the action of the form that waits

const savesItself = (event) => event.detail.requestConfig?.elt?.matches?.("form[data-autosave]");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-after-scans]")) return;
  const field = document.activeElement;
  if (field?.closest("form[data-autosave]")) field.blur(); // a changed field starts saving now
  const wrong = document.querySelector("form[data-autosave] .field--error :is(input, select, textarea)");
  if (!inFlight && !wrong) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (inFlight) waiting = form.getAttribute("action");
  else wrong.focus();
}, true);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (savesItself(event)) inFlight += 1;
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!savesItself(event)) return;
  inFlight = Math.max(0, inFlight - 1);
  if (!waiting || inFlight) return;
  const action = waiting;
  waiting = null;
  if (event.detail.failed || event.detail.xhr.status >= 400) return; // 422 is an answer, but no save
  const forms = [...document.querySelectorAll("form[data-after-scans]")];
  setTimeout(() => forms.find((form) => form.getAttribute("action") === action)?.requestSubmit());
});

const sent = new WeakMap(); // field -> its value in the last save
let typed = null; // what the person is in the middle of typing

document.addEventListener("htmx:beforeRequest", (event) => {
  if (savesItself(event)) for (const field of event.detail.requestConfig.elt.elements) sent.set(field, field.value);
});

function keep() {
  const field = document.activeElement;
  const isText = field?.id && field.matches?.("form[data-autosave] :is(input:not([type=checkbox], [type=radio], [type=hidden]), textarea)");
  typed = isText && field.value !== (sent.get(field) ?? field.defaultValue) ? { field, value: field.value, start: field.selectionStart, end: field.selectionEnd } : null;
}

function carryOver() {
  const fresh = typed && !typed.field.isConnected && document.getElementById(typed.field.id);
  if (!fresh) return;
  const { value, start, end } = typed;
  typed = null;
  fresh.focus();
  fresh.value = value;
  if (start !== null) fresh.setSelectionRange(start, end);
  let isSaved = false; // the browser may not count a value set by a script as a change
  fresh.addEventListener("change", () => (isSaved = true), { once: true });
  fresh.addEventListener("blur", () => isSaved || fresh.dispatchEvent(new Event("change", { bubbles: true })), { once: true });
}

for (const name of ["htmx:beforeSwap", "htmx:oobBeforeSwap"]) document.addEventListener(name, keep);
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, carryOver);
