/* form[data-autosave] saves itself with htmx when a field changes. A form that waits for scans
   (data-after-scans) waits for these too: pressed while a field is still being typed in, it lets
   the field be saved first, and stays where it is when that failed. */

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
