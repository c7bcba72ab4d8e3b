/* The scan box: form[data-scan] with <input name="scan"> and a hidden <input name="nonce">.

   Every scan goes into a queue with a nonce of its own and is sent with htmx, strictly one after
   another. Nothing leaves the queue before the server has answered it: without an answer the same
   nonce is sent again (the server takes each nonce once), without a session the queue waits in
   sessionStorage until the page is back. Other forms marked data-after-scans wait for the queue. */

const words = document.getElementById("script-text")?.dataset ?? {};
const PATIENCE = [1, 2, 4, 8, 15]; // seconds between tries; the last one repeats
const TRIES_OF_A_BROKEN_SCAN = 5; // 5xx answers to one scan before it is set aside

let queue = [];
let sending = false;
let stopped = false; // signed out, or the page is being left
let failures = 0;
let retryTimer = 0;
let answer = null; // the XMLHttpRequest of the scan under way
let lastResult = "";
let held = null; // a form that waits for the queue: {action, name, value}

const scanForm = () => document.querySelector("form[data-scan]");
const scanInput = () => scanForm()?.querySelector("[name=scan]");
const resultRegion = () => document.querySelector("[data-scan-result]");
const actionOf = (form) => new URL(form.getAttribute("action") || location.href, location.href);
const storageKey = () => `scans:${document.body.dataset.person ?? ""}:${actionOf(scanForm()).pathname}`;

/** A random UUID; crypto.randomUUID is missing on plain http in a shop's own network. */
function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function remember() {
  try {
    if (queue.length) sessionStorage.setItem(storageKey(), JSON.stringify(queue));
    else sessionStorage.removeItem(storageKey());
  } catch { /* storage is full or forbidden: the queue in memory still works */ }
  const note = document.querySelector("[data-scan-waiting]");
  if (note) {
    note.hidden = queue.length < 2;
    note.textContent = (words.waiting ?? "#").replace("#", queue.length);
  }
}

function recall() {
  try {
    queue = JSON.parse(sessionStorage.getItem(storageKey()) ?? "[]");
  } catch {
    queue = [];
  }
}

function add(text) {
  const scan = text.trim();
  if (!scan) return;
  queue.push({ scan, nonce: newNonce() });
  remember();
  if (stopped) sayKept();
  else send();
}

async function send() {
  const form = scanForm();
  if (sending || stopped || !form || !queue.length) return;
  clearTimeout(retryTimer);
  sending = true;
  answer = null;
  try {
    await htmx.ajax("POST", actionOf(form).href, { source: form, values: queue[0] });
  } catch { /* judged below: answer is empty or has status 0 */ }
  sending = false;
  settle(judge(answer));
}

/** What an answer means for the scan it answers. */
function judge(xhr) {
  if (!xhr || xhr.status === 0 || xhr.status === 408 || xhr.status === 429) return "retry";
  if (xhr.status === 401 || xhr.status === 403 || asksToSignIn(xhr)) return "signed-out";
  if (xhr.status >= 500) return failures + 1 < TRIES_OF_A_BROKEN_SCAN ? "retry" : "broken";
  if (xhr.getResponseHeader("HX-Redirect") || xhr.getResponseHeader("HX-Refresh")) return "leaving";
  return xhr.status < 400 || xhr.status === 422 ? "done" : "broken";
}

function asksToSignIn(xhr) {
  const redirect = xhr.getResponseHeader("HX-Redirect") ?? "";
  return [redirect, xhr.responseURL ?? ""].some((url) => /[?&]next=/.test(url));
}

/** The code of a request that failed, to read out. */
function code(xhr) {
  const id = (xhr?.status ?? 0) >= 400 ? xhr.getResponseHeader("X-Error-Code") : "";
  return id ? ` (${id})` : "";
}

function settle(outcome) {
  if (outcome === "retry") {
    const pause = PATIENCE[Math.min(failures, PATIENCE.length - 1)] * 1000;
    failures += 1;
    if (failures === 1) announce("offline");
    explain("warn", "warning", (words.offline ?? "#").replace("#", queue.length));
    retryTimer = setTimeout(send, pause);
    return;
  }
  if (outcome === "signed-out") {
    stopped = true;
    held = null;
    announce("offline");
    sayKept();
    return;
  }
  failures = 0;
  const scan = queue.shift();
  remember();
  if (outcome === "leaving") {
    stopped = true;
    return;
  }
  if (outcome === "broken") {
    explain("bad", "refuse", `${words.scanFailed ?? ""} ${scan.scan}${code(answer)}`);
    announce("refused", scan.scan);
  } else {
    announce(resultRegion()?.querySelector("[data-result]")?.dataset.result ?? "", scan.scan);
  }
  refocus();
  if (queue.length) send();
  else releaseHeld();
}

/** Tells the other modules (sound, scanner-layout) how the scan went. */
function announce(result, scan = "") {
  lastResult = result;
  document.dispatchEvent(new CustomEvent("scan:answered", { detail: { result, scan } }));
}

/** Our own line in the live region, in the looks of the server's result lines. */
function explain(tone, icon, sentence, ...extras) {
  const region = resultRegion();
  if (!region) return;
  const line = document.createElement("div");
  line.className = "result";
  line.dataset.tone = tone;
  line.innerHTML = `<svg class="icon" aria-hidden="true"><use></use></svg><div class="result__body"><p></p></div>`;
  line.querySelector("use").setAttribute("href", `${words.icons ?? ""}#${icon}`);
  line.querySelector("p").textContent = sentence;
  line.querySelector(".result__body").append(...extras);
  region.replaceChildren(line);
}

function sayKept() {
  explain("warn", "lock", `${words.signedOut ?? ""} ${queue.map((one) => one.scan).join(", ")}`, signInOrDiscard());
}

function signInOrDiscard() {
  const choices = document.createElement("div");
  choices.className = "result__choices";
  const signIn = document.createElement("a");
  signIn.className = "button button--small";
  signIn.href = location.href;
  signIn.textContent = words.reload ?? "";
  const discard = document.createElement("button");
  discard.className = "button button--small button--quiet";
  discard.type = "button";
  discard.textContent = words.discard ?? "";
  discard.addEventListener("click", () => {
    queue = [];
    stopped = false;
    remember();
    resultRegion()?.replaceChildren();
    refocus();
  });
  choices.append(signIn, discard);
  return choices;
}

/** Back to the box, unless the person is typing elsewhere. A question takes the focus to its first choice. */
function refocus() {
  const input = scanInput();
  const here = document.activeElement;
  if (!input || here?.closest("dialog[open]")) return;
  if (here !== input && here?.matches("input, textarea, select, [contenteditable]")) return;
  const choice = resultRegion()?.querySelector("[data-result=asks] .result__choices :is(button, a)");
  if (choice && !queue.length && !input.value) choice.focus();
  else input.focus({ preventScroll: true });
}

/** A choice was made, or a total set: the next scan belongs into the box, not into that field. */
function chosen(result) {
  announce(result);
  if (!["refused", "asks"].includes(result)) scanInput()?.focus({ preventScroll: true });
}

/** Posting waits until every scan is answered, and stops if the last answer needs a look. */
function hold(form, submitter) {
  held = { action: form.getAttribute("action"), name: submitter?.name, value: submitter?.value };
}

function releaseHeld() {
  if (!held) return;
  const wanted = held;
  held = null;
  if (lastResult === "refused" || lastResult === "asks") return;
  const form = [...document.querySelectorAll("form[data-after-scans]")].find((one) => one.getAttribute("action") === wanted.action);
  const submitter = [...(form?.elements ?? [])].find(
    (one) => one.type === "submit" && (!wanted.name || (one.name === wanted.name && one.value === wanted.value)),
  );
  form?.requestSubmit(submitter);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("form[data-scan]")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const input = scanInput();
    const text = input.value;
    input.value = "";
    add(text);
    input.focus({ preventScroll: true });
  } else if (form.matches("form[data-after-scans]")) {
    const input = scanInput();
    if (input?.value.trim()) {
      add(input.value);
      input.value = "";
    }
    if (!queue.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hold(form, event.submitter);
  }
}, true);

// A pasted column is as many scans as it has lines.
document.addEventListener("paste", (event) => {
  if (event.target !== scanInput()) return;
  const lines = event.clipboardData.getData("text").split(/[\r\n\t]+/).filter((line) => line.trim());
  if (lines.length < 2) return;
  event.preventDefault();
  lines.forEach(add);
});

document.addEventListener("keydown", (event) => {
  const input = scanInput();
  if (!input || event.defaultPrevented) return;
  if (event.target === input && event.ctrlKey && event.code === "BracketRight") {
    event.preventDefault(); // how scanners type the group separator of a GS1 code
    input.setRangeText("\u001d", input.selectionStart, input.selectionEnd, "end");
    return;
  }
  // A scan that starts while nothing is being typed in goes into the box: its Enter must not press
  // the button or follow the link that happened to be used last.
  const idle = event.target === document.body || event.target.closest?.("[data-scan-result], a, button, summary");
  const printable = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (idle && printable && !document.querySelector("dialog[open]")) input.focus({ preventScroll: true });
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, target } = event.detail.requestConfig ?? {};
  if (elt?.matches("form[data-scan]")) answer = event.detail.xhr;
  else if (target?.matches("[data-scan-result]")) chosen(target.querySelector("[data-result]")?.dataset.result ?? "");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.requestConfig?.elt?.matches("form[data-scan]") && asksToSignIn(event.detail.xhr)) event.detail.shouldSwap = false;
});
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body || !document.activeElement) refocus();
});

addEventListener("online", () => failures && send());
addEventListener("pageshow", (event) => {
  if (!event.persisted || !scanForm()) return;
  stopped = false;
  recall();
  send();
});

if (scanForm()) {
  scanForm().noValidate = true;
  scanForm().setAttribute("hx-request", '{"timeout": 10000}');
  recall();
  remember();
  send();
}
