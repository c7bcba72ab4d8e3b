/* Toasts: #toasts holds them. Good and info leave by themselves, warn and bad stay until dismissed.
   A request that failed becomes a toast, so that no press ends in silence. */

const words = document.getElementById("script-text")?.dataset ?? {};
const LEAVE_AFTER = 6000; // ms
const toasts = document.getElementById("toasts");

function leaveLater(toast) {
  if (!["good", "info"].includes(toast.dataset.tone)) return;
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leaveLater(toast);
    else toast.remove();
  }, LEAVE_AFTER);
}

function show(tone, icon, sentence) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.tone = tone;
  toast.innerHTML = `<svg class="icon" aria-hidden="true"><use></use></svg><p></p>
    <button class="toast__close" type="button" data-dismiss><svg class="icon" aria-hidden="true"><use></use></svg></button>`;
  const [mark, cross] = toast.querySelectorAll("use");
  mark.setAttribute("href", `${words.icons ?? ""}#${icon}`);
  cross.setAttribute("href", `${words.icons ?? ""}#x`);
  toast.querySelector("p").textContent = sentence;
  toast.querySelector("button").setAttribute("aria-label", words.dismiss ?? "");
  toasts?.append(toast);
}

toasts?.querySelectorAll(".toast").forEach(leaveLater);
if (toasts) {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) if (node.matches?.(".toast")) leaveLater(node);
  }).observe(toasts, { childList: true });
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".toast, .notice")?.remove();
});

/** What the server says about it, with the code to read out; our own words when it says nothing. */
function said(xhr) {
  try {
    return decodeURIComponent(xhr?.getResponseHeader("X-Error-Words") ?? "");
  } catch {
    return "";
  }
}

const quiet = (event) => event.target.matches?.("form[data-scan], [hx-trigger*=every]"); // they speak for themselves, or ask again
document.addEventListener("toast:show", ({ detail }) => show(detail.tone, detail.icon, detail.sentence));
document.addEventListener("htmx:responseError", (event) => quiet(event) || show("bad", "refuse", said(event.detail.xhr) || (words.requestFailed ?? "")));
document.addEventListener("htmx:sendError", (event) => quiet(event) || show("bad", "warning", words.noConnection ?? ""));
document.addEventListener("htmx:timeout", (event) => quiet(event) || show("bad", "warning", words.noConnection ?? ""));
