/* A short tone for each answer to a scan, and the button that mutes them ([data-mute-toggle]). */

const words = document.getElementById("script-text")?.dataset ?? {};
const KEY = `sounds-muted:${document.body.dataset.person ?? ""}`; // several people share a device
const TONES = { // [frequency in Hz, start and length in seconds, wave]
  accepted: [[1320, 0, 0.07, "sine"]],
  repeated: [[880, 0, 0.06, "triangle"], [880, 0.1, 0.06, "triangle"]],
  refused: [[220, 0, 0.28, "square"]],
  unknown: [[520, 0, 0.12, "sawtooth"], [390, 0.15, 0.22, "sawtooth"]],
  chosen: [[990, 0, 0.05, "triangle"]],
  asks: [[660, 0, 0.08, "sine"], [990, 0.1, 0.12, "sine"]],
  offline: [[330, 0, 0.12, "square"], [220, 0.14, 0.2, "square"]],
};
let context = null;

function muted() {
  try { return localStorage.getItem(KEY) === "1"; } catch { return false; }
}

function play(result) {
  if (!TONES[result] || muted() || !("AudioContext" in window)) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
  for (const [frequency, start, length, wave] of TONES[result]) {
    const from = context.currentTime + start;
    const volume = new GainNode(context, { gain: wave === "square" || wave === "sawtooth" ? 0.06 : 0.16 });
    const tone = new OscillatorNode(context, { type: wave, frequency });
    volume.gain.setTargetAtTime(0, from + length - 0.02, 0.008); // no click at the end
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + length + 0.05);
  }
}

function draw() {
  for (const button of document.querySelectorAll("[data-mute-toggle]")) {
    button.setAttribute("aria-pressed", muted());
    button.title = (muted() ? words.unmute : words.mute) ?? "";
    button.querySelector("use")?.setAttribute("href", `${words.icons ?? ""}#${muted() ? "mute" : "sound"}`);
  }
}

document.addEventListener("scan:answered", (event) => play(event.detail.result));
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-mute-toggle]")) return;
  try { localStorage.setItem(KEY, muted() ? "0" : "1"); } catch { /* stays as it is */ }
  draw();
  play("accepted");
});
document.addEventListener("htmx:load", draw);
draw();
