/* A form that htmx sent and the server did not take, since the sign-in had ended or changed: sent
   again as a plain form with the same fields. The server keeps those until somebody has signed in. */

function mustResend(xhr) {
  const redirect = xhr.getResponseHeader("HX-Redirect") ?? "";
  return /[?&]next=/.test(redirect) || xhr.getResponseHeader("X-Form") === "stale";
}

let isResending = false; // what else comes back now must not lead away from the form

document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (isResending) return event.preventDefault();
  const { xhr, requestConfig } = event.detail;
  if (requestConfig?.verb !== "post" || requestConfig.elt.matches("form[data-scan]") || !mustResend(xhr)) return;
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
