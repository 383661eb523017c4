import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Place } from "../../runtime/exchange/exchange.ts";
import { createGeo } from "../../runtime/geo/geo.ts";
import { Alone } from "../../runtime/life/alone.ts";
import { Household } from "../../runtime/life/household.ts";
import { mmdb } from "../harness/mmdb.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { NotedLog } from "../life/support/things.ts";

const country = (code: string) => ({
  country: { iso_code: code, names: { en: `Land of ${code}` } },
  registered_country: { iso_code: "XX" },
});
const network = (asn: number, name: string) => ({ autonomous_system_number: asn, autonomous_system_organization: name });
const countries = mmdb({
  "192.0.2.0/24": country("DE"),
  "198.51.100.0/25": country("AT"),
  "2001:db8::/32": country("CH"),
  // Known, but not where it is.
  "203.0.113.0/24": { registered_country: { iso_code: "US" } },
});
const place = "gateway.yaml:4" as Place;
const until = (look: () => void): Promise<void> => vi.waitFor(look, { timeout: 20_000, interval: 20 });

/** What knows addresses, in the only process, by files of these bytes. */
function living(files: { readonly country?: Buffer; readonly as?: Buffer }) {
  const folder = temporaryFolder();
  const named = (name: "country" | "as") => {
    const [bytes, file] = [files[name], join(folder, `${name}.mmdb`)];
    if (bytes === undefined) return null;
    writeFileSync(file, bytes);
    return { file, at: place };
  };
  const geo = createGeo({ country: named("country"), as: named("as") });
  const log = new NotedLog();
  const house = new Household([geo], new Alone([geo]), log);
  onTestFinished(() => house.stop());
  return { geo, house, log, folder };
}

describe("a database of countries", () => {
  it.each([24, 28, 32] as const)("knows IPv4, IPv6 and mapped addresses, with records of %i bits", async (recordSize) => {
    const { geo, house } = living({
      country: mmdb({ "192.0.2.0/24": country("DE"), "2001:db8::/32": country("CH") }, { recordSize }),
    });
    await house.start();
    const asked = ["192.0.2.0", "192.0.2.255", "192.0.3.0", "2001:db8::1", "2001:db9::1", "::ffff:192.0.2.7"];
    // Twice: from the file, and as it is remembered.
    for (let round = 0; round < 2; round++)
      expect(asked.map((address) => geo.country(address))).toEqual(["DE", "DE", undefined, "CH", undefined, "DE"]);
  });

  it("says nothing of what is no address, nor of IPv6 where it has IPv4 alone", async () => {
    // In a tree of 32 bits, the first ones of 2001:db8::1 are those of 32.1.13.184.
    const { geo, house } = living({
      country: mmdb({ "32.1.13.0/24": country("DE"), "0.0.0.0/8": country("AT") }, { ipVersion: 4 }),
    });
    await house.start();
    const asked = ["32.1.13.184", "2001:db8::1", "unknown", "", "256.1.1.1", "0.0.0.1"];
    expect(asked.map((address) => geo.country(address))).toEqual(["DE", undefined, undefined, undefined, undefined, "AT"]);
  });

  it("tells where an address is, not where its block is registered", async () => {
    const { geo, house } = living({ country: countries });
    await house.start();
    expect([geo.country("192.0.2.1"), geo.country("203.0.113.1"), geo.asn("192.0.2.1")]).toEqual(["DE", undefined, undefined]);
  });

  it("tells operators what is in force", async () => {
    const { geo, house, folder } = living({ country: countries });
    await house.start();
    expect(geo.state()).toEqual({
      country: { file: join(folder, "country.mmdb"), type: "Test-Country", builtAt: "2026-05-28T20:26:40.000Z" },
    });
  });
});

it("a database of networks tells number and organisation, of which the latter may be missing", async () => {
  const { geo, house } = living({
    as: mmdb({
      "192.0.2.0/24": network(64_496, "Example Net"),
      "198.51.100.0/24": { autonomous_system_number: 4_200_000_000 },
      // RFC 7607 §2: 0 is nobody's.
      "203.0.113.0/24": network(0, "nobody"),
    }),
  });
  await house.start();
  const of = (address: string) => [geo.asn(address), geo.asOrganization(address)];
  expect(["192.0.2.9", "198.51.100.9", "203.0.113.9", "10.0.0.1"].map(of)).toEqual([
    [64_496, "Example Net"],
    [4_200_000_000, undefined],
    [undefined, undefined],
    [undefined, undefined],
  ]);
});

describe("a file that is replaced", () => {
  it("counts from then on, also for addresses that were asked before", async () => {
    const { geo, house, folder } = living({ country: countries });
    await house.start();
    expect([geo.country("192.0.2.1"), geo.country("10.0.0.1")]).toEqual(["DE", undefined]);
    writeFileSync(join(folder, "new"), mmdb({ "192.0.2.0/24": country("FR"), "10.0.0.0/8": country("IT") }));
    renameSync(join(folder, "new"), join(folder, "country.mmdb"));
    await until(() => expect([geo.country("192.0.2.1"), geo.country("10.0.0.1")]).toEqual(["FR", "IT"]));
  });

  it("changes nothing while it is half-written, damaged, something else or about something else", async () => {
    const { geo, house, folder, log } = living({ country: countries });
    await house.start();
    const damaged = Buffer.from(countries);
    damaged.fill(0xfe, 0, 6);
    for (const [bytes, reason] of [
      [countries.subarray(0, countries.length / 2), "its metadata is missing"],
      [countries.subarray(0, -40), "not whole"],
      [Buffer.alloc(0), "its metadata is missing"],
      [Buffer.from("<html>log in to download</html>"), "it is no MaxMind DB (.mmdb)"],
      [damaged, "it is damaged: node 0"],
      [mmdb({ "192.0.2.0/24": network(1, "a") }, { type: "Test-ASN" }), "`Test-ASN`, whose records have no `country.iso_code`"],
    ] as const) {
      writeFileSync(join(folder, "country.mmdb"), bytes);
      await until(() => expect(log.lines.at(-1)).toContain(reason));
      expect(log.lines.at(-1)).toContain("what was there before stays in force");
      expect([geo.country("192.0.2.1"), geo.country("198.51.100.1")]).toEqual(["DE", "AT"]);
    }
    writeFileSync(join(folder, "country.mmdb"), mmdb({ "192.0.2.0/24": country("FR") }));
    await until(() => expect([geo.country("192.0.2.1"), geo.country("198.51.100.1")]).toEqual(["FR", undefined]));
  });
});

it("a gateway does not start without the file, and says which one, and what to do", async () => {
  const file = join(temporaryFolder(), "missing.mmdb");
  const geo = createGeo({ country: { file, at: place }, as: null });
  const house = new Household([geo], new Alone([geo]), new NotedLog());
  await expect(house.start()).rejects.toThrow(
    `gateway.yaml:4: file ${file} cannot be read: it does not exist. Mount it there. Without the database ${file} nobody knows where clients are: get a current one in MaxMind DB format (.mmdb), and mount it there.`,
  );
});
