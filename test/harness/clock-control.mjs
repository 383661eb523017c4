// Preloaded into gateways under test: lets the test turn the clock over IPC instead of waiting.
let turned = 0;
const now = Date.now.bind(Date);
const monotonic = performance.now.bind(performance);
Date.now = () => now() + turned;
performance.now = () => monotonic() + turned;
process.on("message", (message) => {
  if (typeof message?.advance !== "number") return;
  turned += message.advance;
  process.send({ advanced: turned });
});
// The listener must not keep a drained gateway alive.
process.channel?.unref();
