// What looking up a revocation costs.
//
//   npm run -s build && node test/bench/revocations.mjs
import { RevocationSet } from "../../dist/runtime/identity/revocation/revocation-set.js";

const row = (what, value, goal = "") => console.log(`${what.padEnd(66)} ${value.padStart(14)}   ${goal}`);

/** µs of CPU for one call; the best of several rounds, as others use the machine too. */
function cpuOf(count, work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index++) work(index);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

const set = new RevocationSet();
for (let index = 0; index < 100_000; index++) {
  const kind = ["key", "jti", "sid", "sub", "serial"][index % 5];
  set.put({ kind, value: `${kind}-${index}` });
}
const identities = Array.from({ length: 1000 }, (_, index) => ({
  subject: `user-${index}`,
  scheme: "bearerAuth",
  issuer: "https://id.example",
  roles: [],
  scopes: [],
  marks: { jti: `token-${index}`, sid: `session-${index}`, issuedAt: 1 },
}));
const now = () => Date.now();
let found = 0;
const cost = cpuOf(2_000_000, (index) => {
  if (set.names(identities[index % 1000], now)) found++;
});
row("a look at 100,000 revocations: subject, token and session", `${cost.toFixed(3)} µs`, "≤ 0.2 µs");
if (found > 0) throw new Error("nobody here is revoked");
