// Preloaded into gateways under test: their clock stands still until the test turns it over IPC, so that no figure
// depends on how busy the machine is.
let monotonic = 1_000_000;
let wall = Date.UTC(2026, 11, 1);
Date.now = () => wall;
performance.now = () => monotonic;
process.on("message", (message) => {
  if (typeof message?.advance !== "number") return;
  monotonic += message.advance;
  wall += message.advance;
  process.send({ advanced: message.advance });
});
// The listener must not keep a drained gateway alive.
process.channel?.unref();
