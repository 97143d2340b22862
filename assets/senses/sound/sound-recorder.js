// Record the microphone, and turn any sound that the browser can play into a small WAV file, as a data address.

const MOST_SECONDS = 10; // of a recording
const MOST_FILE_SECONDS = 30;
const RATE = 16000; // samples per second of the WAV file

/** Make a recorder. `say(text)` shows a message, `shown(seconds)` how long it records, or null when it has ended, and
 *  `done(data)` gets the sound as a data address. */
export function makeRecorder({ say, shown, done }) {
  let running = null;

  async function start() {
    if (!navigator.mediaDevices?.getUserMedia) {
      say("This browser gives no microphone to this page. Please choose a file instead.");
      return;
    }
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      say("The microphone could not be opened. Please allow it in the browser, or choose a file.");
      return;
    }
    running = new MediaRecorder(stream);
    const parts = [];
    running.addEventListener("dataavailable", ({ data }) => parts.push(data));
    running.addEventListener("stop", async () => {
      for (const track of stream.getTracks()) track.stop();
      clearInterval(clock);
      running = null;
      shown(null);
      say("Reading your voice…");
      done(await wavOf(new Blob(parts)));
    });
    running.start();
    let seconds = 0;
    shown(seconds);
    const clock = setInterval(() => {
      shown(++seconds);
      if (seconds >= MOST_SECONDS) stop();
    }, 1000);
    say("Say some digits in English, with short pauses.");
  }

  function stop() {
    if (running?.state === "recording") running.stop();
  }

  return { toggle: () => (running ? stop() : start()) };
}

/** Return a sound as a WAV file of one channel. What the browser cannot play stays as it is, so that the server can say why. */
export async function wavOf(blob) {
  try {
    const context = new OfflineAudioContext(1, 1, RATE); // it decodes at its own rate
    const decoded = await context.decodeAudioData(await blob.arrayBuffer());
    const count = Math.min(decoded.length, MOST_FILE_SECONDS * RATE + 1);
    const channels = Array.from({ length: decoded.numberOfChannels }, (_, i) => decoded.getChannelData(i));
    const samples = Float32Array.from({ length: count }, (_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
    return dataOf(new Blob([header(count), Int16Array.from(samples, (x) => 32767 * Math.max(-1, Math.min(1, x)))]));
  } catch {
    return dataOf(blob);
  }
}

function header(count) {
  const view = new DataView(new ArrayBuffer(44));
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * count, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // whole numbers
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * count, true);
  return view.buffer;
}

function dataOf(blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.readAsDataURL(blob);
  });
}
