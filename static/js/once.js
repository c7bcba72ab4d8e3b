/* form[data-once]: one submit at a time, with a busy look. The server posts once anyway; this spares people the doubt. */

const RELEASE_AFTER = 20_000; // ms: a download or a stopped load never tells us that it ended

function release(form) {
  delete form.dataset.busy;
  for (const button of form.querySelectorAll("[data-busy]")) {
    delete button.dataset.busy;
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if ("busy" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.busy = "";
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  if (button) {
    button.dataset.busy = ""; // not disabled: its name and value must be sent, and it keeps the focus
    button.setAttribute("aria-disabled", "true");
  }
  setTimeout(() => event.defaultPrevented && !form.matches("[hx-post], [data-hx-post]") && release(form), 0);
  setTimeout(release, RELEASE_AFTER, form);
}, true);

document.addEventListener("htmx:afterRequest", (event) => event.detail.elt?.matches?.("form[data-once]") && release(event.detail.elt));
addEventListener("pageshow", () => document.querySelectorAll("form[data-once]").forEach(release));
