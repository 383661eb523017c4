// Prints nanoseconds that `peer.country` costs: for an address that was asked before, and for one that was not.
// Usage: npm run -s build && node test/bench/geo.mjs
//
// Each figure is processor time: the least of 15 rounds. The database has 65,536 networks, with records as those of GeoLite2
// Country are: names in eight languages. What a busy machine adds is not in it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { createGeo } from "../../dist/runtime/geo/geo.js";

const goal = 2_000;
const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
const writer = join(folder, "mmdb.mjs");
await build({
  entryPoints: [new URL("../harness/mmdb.ts", import.meta.url).pathname],
  outfile: writer,
  format: "esm",
  logLevel: "error",
});
const { mmdb } = await import(writer);
const languages = ["de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN"];
const names = Object.fromEntries(languages.map((language) => [language, `Some Country in ${language}`]));
const place = (code) => ({ geoname_id: 2_921_044, iso_code: code, names });
const networks = Object.fromEntries(
  Array.from({ length: 65_536 }, (_, index) => {
    const code = String.fromCharCode(65 + (index % 26), 65 + ((index >> 5) % 26));
    return [
      `${index >> 8}.${index & 255}.0.0/16`,
      { continent: { code: "EU", geoname_id: 6_255_148, names }, country: place(code), registered_country: place(code) },
    ];
  }),
);
const file = join(folder, "country.mmdb");
writeFileSync(file, mmdb(networks, { recordSize: 28 }));

const signal = new AbortController().signal;
const geo = createGeo({ country: { file, at: "bench" }, as: null });
const begun = process.cpuUsage();
await geo.start({ signal, every: () => ({ soon() {} }), log: { write() {} } });
const { user, system } = process.cpuUsage(begun);
console.log(`read and checked in ${((user + system) / 1_000).toFixed(0)} ms`);

/** xorshift32: the same addresses in every run, as sockets give them. */
let state = 0x9e37_79b9;
function random() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}
const flat = (text) => Buffer.from(text, "latin1").toString("latin1");
const some = (count) =>
  Array.from({ length: count }, () => {
    const value = random();
    return flat(`${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`);
  });

function least(asked) {
  let found = 0;
  const rounds = Array.from({ length: 15 }, () => {
    const addresses = asked();
    const start = process.cpuUsage();
    for (const address of addresses) if (geo.country(address) !== undefined) found++;
    const spent = process.cpuUsage(start);
    return ((spent.user + spent.system) * 1_000) / addresses.length;
  });
  if (found === 0) throw new Error("the database knows nobody");
  return Math.min(...rounds);
}
const known = some(4_096);
const repeated = Array.from({ length: 16 }, () => known).flat();
const cached = least(() => repeated);
const fresh = least(() => some(4_096));
console.log(`asked before      ${cached.toFixed(0).padStart(6)} ns; the goal is ${goal} ns`);
console.log(`not asked before  ${fresh.toFixed(0).padStart(6)} ns`);
rmSync(folder, { recursive: true });
process.exitCode = cached <= goal ? 0 : 1;
// Folders are watched as long as the gateway lives.
process.exit();
