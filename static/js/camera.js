/* [data-camera] in a scan form: scans with the camera where the browser has BarcodeDetector. */

const words = document.getElementById("script-text")?.dataset ?? {};
const FORMATS = ["code_128", "code_39", "ean_13", "ean_8", "upc_a", "data_matrix", "qr_code", "itf"];
const LOOK_EVERY = 150; // ms
const SAME_CODE_AFTER = 2500; // ms before the same code counts again

function showButtons() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  for (const button of document.querySelectorAll("[data-camera]")) button.hidden = false;
}

function scan(form, text) {
  form.querySelector("[name=scan]").value = text;
  form.requestSubmit();
}

async function open(form) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.innerHTML = `<div><h2 class="dialog__title"></h2><video playsinline muted></video><p role="status"></p>
    <div class="dialog__actions"><button class="button" type="button" data-close></button></div></div>`;
  dialog.querySelector("h2").textContent = words.cameraTitle ?? "";
  dialog.setAttribute("aria-label", words.cameraTitle ?? "");
  dialog.querySelector("button").textContent = words.close ?? "";
  document.body.append(dialog);
  dialog.showModal();

  const video = dialog.querySelector("video");
  const status = dialog.querySelector("p");
  let stream = null;
  let open = true;
  dialog.addEventListener("close", () => {
    open = false;
    stream?.getTracks().forEach((track) => track.stop());
    dialog.remove();
    form.querySelector("[name=scan]").focus();
  });
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    if (!open) return stream.getTracks().forEach((track) => track.stop());
    video.srcObject = stream;
    await video.play();
    const known = await BarcodeDetector.getSupportedFormats();
    const detector = new BarcodeDetector({ formats: FORMATS.filter((format) => known.includes(format)) });
    const seen = new Map();
    while (open) {
      for (const { rawValue } of await detector.detect(video).catch(() => [])) {
        if (Date.now() - (seen.get(rawValue) ?? 0) > SAME_CODE_AFTER) {
          scan(form, rawValue);
          status.textContent = rawValue;
        }
        seen.set(rawValue, Date.now());
      }
      await new Promise((done) => setTimeout(done, LOOK_EVERY));
    }
  } catch {
    status.textContent = words.cameraRefused ?? "";
  }
}

document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-camera]")?.closest("form[data-scan]");
  if (form) open(form);
});
document.addEventListener("htmx:load", showButtons);
showButtons();
