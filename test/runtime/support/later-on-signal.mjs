// Preloaded into a gateway: SIGUSR2 makes 31 seconds pass.
const { now } = performance;
let ahead = 0;
performance.now = () => now.call(performance) + ahead;
process.on("SIGUSR2", () => {
  ahead += 31_000;
  process.stderr.write("31 s later\n");
});
