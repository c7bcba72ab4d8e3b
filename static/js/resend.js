/* A form that htmx sent and the server did not take, since the sign-in had ended or changed: sent
   again as a plain form with the same fields. The server keeps those until somebody has signed in.
   What the page asks for by itself meets the ended sign-in too, and would lead there: not while
   something is typed here and was not taken, whether it is on its way already or still to be sent. */

const words = document.getElementById("script-text")?.dataset ?? {};

function mustResend(xhr) {
  const redirect = xhr.getResponseHeader("HX-Redirect") ?? "";
  return /[?&]next=/.test(redirect) || xhr.getResponseHeader("X-Form") === "stale";
}

function isChanged(field) {
  if (field.matches("select")) {
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(first, 0);
  }
  if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
  return field.matches("textarea, input:not([type=hidden], [type=file])") && field.value !== field.defaultValue;
}

/** Something in a form that would be lost with the page; scans are kept by the scan box. */
function isTyped() {
  if (document.querySelector("form [aria-invalid=true]")) return true; // it came back as it was typed
  const forms = document.querySelectorAll("form[method=post]:not([data-scan])");
  return [...forms].some((form) => [...form.elements].some(isChanged));
}

let isTold = false;
function tellOnce() {
  if (isTold) return;
  isTold = true;
  document.dispatchEvent(new CustomEvent("toast:show", { detail: { tone: "warn", icon: "lock", sentence: words.signedOutTyping ?? "" } }));
}

let isResending = false; // what else comes back now must not lead away from the form

document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (isResending) return event.preventDefault();
  const { xhr, requestConfig } = event.detail;
  if (!requestConfig || requestConfig.elt.matches("form[data-scan]") || !mustResend(xhr)) return;
  if (requestConfig.verb !== "post") {
    if (!isTyped()) return;
    event.preventDefault();
    return tellOnce();
  }
  event.preventDefault();
  isResending = true;
  const form = document.createElement("form");
  form.method = "post";
  form.action = requestConfig.path;
  form.hidden = true;
  for (const [name, value] of requestConfig.formData) {
    if (typeof value !== "string") continue; // a file: to be chosen again
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
});
