/* Scanning with the camera, where the browser has a BarcodeDetector and a camera: a button in every scan box.
   What it reads is put into the box and sent like a scan; the picture never leaves the device.
   A code counts again only after it was out of sight, so that holding still scans once. */

const words = document.getElementById("script-text")?.dataset ?? {};
const FORMATS = ["code_128", "code_39", "ean_13", "ean_8", "upc_a", "upc_e", "itf", "qr_code", "data_matrix"];
const LOOK = 150; // ms between looks
const FORGET = 1500; // ms a code has to be out of sight
let stream = null;
let view = null;

const row = () => document.querySelector("form.scan .scan__row");

function button() {
  const one = document.createElement("button");
  one.type = "button";
  one.className = "button button--icon";
  one.dataset.camera = "";
  one.title = words.useCamera ?? "";
  one.setAttribute("aria-label", words.useCamera ?? "");
  one.setAttribute("aria-pressed", "false");
  one.innerHTML = `<svg class="icon" aria-hidden="true"><use></use></svg>`;
  one.querySelector("use").setAttribute("href", `${words.icons ?? ""}#camera`);
  one.addEventListener("click", () => (stream ? close(one) : open(one)));
  return one;
}

async function open(one) {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    one.title = words.noCamera ?? "";
    one.setAttribute("aria-label", words.noCamera ?? "");
    one.disabled = true;
    return;
  }
  view = document.createElement("video");
  view.className = "scan__camera";
  view.muted = true;
  view.playsInline = true;
  view.srcObject = stream;
  one.closest("form").append(view);
  one.setAttribute("aria-pressed", "true");
  await view.play();
  look(one, new BarcodeDetector({ formats: await readable() }));
}

function close(one) {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  view?.remove();
  view = null;
  one.setAttribute("aria-pressed", "false");
  one.closest("form").elements.scan.focus({ preventScroll: true });
}

/** What the browser can read of what we want; some have the interface and nothing behind it. */
async function readable() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return [];
  const known = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return FORMATS.filter((format) => known.includes(format));
}

async function look(one, reader) {
  const seen = new Map(); // code: when it was in sight last
  while (stream) {
    let codes = [];
    try { codes = await reader.detect(view); } catch { /* no picture yet */ }
    const now = performance.now();
    for (const { rawValue } of stream ? codes : []) {
      const isNew = !(now - seen.get(rawValue) < FORGET);
      seen.set(rawValue, now);
      if (isNew && rawValue) send(one.closest("form"), rawValue);
    }
    await new Promise((done) => setTimeout(done, LOOK));
  }
}

function send(form, text) {
  form.elements.scan.value = text;
  form.requestSubmit();
}

if (row() && (await readable()).length) row()?.querySelector(".scan__submit")?.before(button());
