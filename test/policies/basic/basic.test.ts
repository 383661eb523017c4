import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import bcrypt from "bcryptjs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Authentication } from "../../../runtime/exchange/exchange.ts";
import { type BasicConfig, createBasic } from "../../../runtime/identity/basic/basic.ts";
import { createBcryptThread } from "../../../runtime/identity/basic/bcrypt-thread.ts";
import { readUsers } from "../../../runtime/identity/basic/users.ts";
import { Alone } from "../../../runtime/life/alone.ts";
import { Household } from "../../../runtime/life/household.ts";
import { component } from "../../harness/component.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { NotedLog } from "../../life/support/things.ts";

/** RFC 7914 §12, the third vector, as the format of the file has it. */
const rfc7914 = `$scrypt$ln=14,r=8,p=1$${unpadded(Buffer.from("SodiumChloride"))}$${unpadded(
  Buffer.from(
    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    "hex",
  ),
)}`;
/** From the test vectors of the first jBCrypt. */
const bcryptAbc = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

async function scheme(users: string, change: Partial<BasicConfig> = {}) {
  const file = join(temporaryFolder(), "users.txt");
  writeFileSync(file, users);
  const made = createBasic({
    name: "staff",
    challenge: 'Basic realm="staff", charset="UTF-8"',
    forward: false,
    file,
    bcrypt: createBcryptThread({}),
    waiting: 100,
    cacheMs: 60_000,
    ...change,
  });
  const log = new NotedLog();
  const house = new Household([made], new Alone([made]), log);
  onTestFinished(() => house.stop());
  await house.start();
  const send = (credentials: string, ip = "192.0.2.1"): Authentication | Promise<Authentication> =>
    made.authenticate(fakeExchange({ headers: ["Authorization", credentials], peer: { ip } }));
  const ask = async (name: string, password: string, ip?: string): Promise<string> =>
    shown(await send(basic(name, password), ip));
  return { made, file, log, send, ask };
}

const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
const shown = (found: Authentication): string => (typeof found === "string" ? found : (found.subject ?? found.rejected));

describe("basic", () => {
  it("verifies scrypt (RFC 7914) and bcrypt, and knows nobody else", async () => {
    const { ask } = await scheme(`# staff\nann:${rfc7914}\n\nbob:${bcryptAbc}\n`);
    expect(await ask("ann", "pleaseletmein")).toBe("ann");
    expect(await ask("bob", "abc")).toBe("bob");
    expect(await ask("ann", "abc")).toBe("invalid");
    expect(await ask("bob", "abd")).toBe("invalid");
    expect(await ask("eve", "abc")).toBe("invalid");
  });

  it("computes once for requests that come together with the same credentials, right or wrong", async () => {
    const { ask } = await scheme(`ann:${rfc7914}\n`, { waiting: 0 });
    const right = await Promise.all(Array.from({ length: 20 }, () => ask("ann", "pleaseletmein")));
    expect(new Set(right)).toEqual(new Set(["ann"]));
    const wrong = await Promise.all(Array.from({ length: 20 }, () => ask("eve", "pleaseletmein")));
    expect(new Set(wrong)).toEqual(new Set(["invalid"]));
  });

  it("says of wrong credentials whose they claim to be, to be counted by it (`identity.damping`)", async () => {
    const { send } = await scheme(`ann:${rfc7914}\n`);
    expect(await send(basic("ann", "wrong"))).toMatchObject({ rejected: "invalid", about: "ann" });
    expect(await send(basic("eve", "wrong"))).toMatchObject({ rejected: "invalid", about: "eve" });
  });

  it("agrees with openssl on scrypt with other parameters", async () => {
    const openssl = await component("openssl");
    const salt = randomBytes(16);
    const options = ["pass:trüffel", `hexsalt:${salt.toString("hex")}`, "n:1024", "r:4", "p:2"].flatMap((one) => [
      "-kdfopt",
      one,
    ]);
    const hash = execFileSync(openssl, ["kdf", "-keylen", "32", ...options, "-binary", "SCRYPT"]);
    const { ask } = await scheme(`ann:$scrypt$ln=10,r=4,p=2$${unpadded(salt)}$${unpadded(hash)}\n`);
    expect(await ask("ann", "trüffel")).toBe("ann");
    // The same letters, composed otherwise (RFC 7617 §2.1, RFC 8265).
    expect(await ask("ann", "tru\u0308ffel")).toBe("ann");
  });

  it("refuses what bcrypt would cut off after 72 bytes", async () => {
    const long = "x".repeat(72);
    const { ask } = await scheme(`ann:${bcrypt.hashSync(long, 4)}\n`);
    expect(await ask("ann", long)).toBe("ann");
    expect(await ask("ann", `${long}y`)).toBe("invalid");
  });

  it("computes an unknown user as well, and a right password once", async () => {
    const compare = vi.fn(async (password: string) => password === "abc");
    const thread = Object.assign(createBcryptThread({}), { compare });
    const { ask, send } = await scheme(`bob:${bcryptAbc}\n`, { bcrypt: thread });
    expect(await ask("eve", "abc")).toBe("invalid");
    expect(compare).toHaveBeenCalledTimes(1);
    expect(await ask("bob", "abc")).toBe("bob");
    expect(send(basic("bob", "abc"))).toMatchObject({ subject: "bob" });
    expect(compare).toHaveBeenCalledTimes(2);
    expect(await ask("bob", "abd")).toBe("invalid");
    expect(compare).toHaveBeenCalledTimes(3);
  });

  it("lets no more wait than it says: further ones get 503, and the others their answer", async () => {
    const { ask } = await scheme(`bob:${bcryptAbc}\n`, { waiting: 1 });
    const found = await Promise.all(["1", "2", "3", "4"].map((password) => ask("bob", password)));
    expect(found).toEqual(["invalid", "invalid", "invalid", "unavailable"]);
  });

  it("lets who tries passwords wait for themselves: others log in at once, and they know no 503", async () => {
    const order: string[] = [];
    const compare = async (password: string): Promise<boolean> => {
      order.push(password);
      await new Promise<void>((resolve) => void setImmediate(resolve));
      return password === "abc";
    };
    const thread = Object.assign(createBcryptThread({}), { compare });
    const { ask } = await scheme(`bob:${bcryptAbc}\nann:${bcryptAbc}\n`, { bcrypt: thread, waiting: 20 });
    const guess = (count: number, ip: (index: number) => string) =>
      Array.from({ length: count }, (_, index) =>
        ask(index % 2 === 0 ? "bob" : `user${index}`, `guess ${ip(index)} ${index}`, ip(index)),
      );
    // From one address, whose guesses fill all the places there are.
    const alone = guess(200, () => "198.51.100.7");
    expect(await ask("bob", "abc")).toBe("bob");
    expect(order.indexOf("abc")).toBeLessThan(6);
    expect(new Set(await Promise.all(alone))).toEqual(new Set(["invalid", "unavailable"]));
    // From as many addresses as may wait, once each of them has been wrong often enough.
    const far = (index: number): string => `203.0.113.${index % 40}`;
    for (let round = 0; round < 6; round++)
      for (let at = 0; at < 40; at += 20) await Promise.all(guess(20, (index) => far(index + at)));
    const many = guess(400, far);
    order.length = 0;
    expect(await ask("ann", "abc")).toBe("ann");
    expect(order.indexOf("abc")).toBeLessThan(6);
    expect(new Set(await Promise.all(many))).toEqual(new Set(["invalid", "unavailable"]));
  });

  it("serves while bcrypt is at work: the event loop turns", async () => {
    const { ask } = await scheme(`bob:${bcrypt.hashSync("abc", 10)}\n`);
    let isOver = false;
    const found = ask("bob", "abc").then((subject) => {
      isOver = true;
      return subject;
    });
    let turns = 0;
    while (!isOver) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      turns++;
    }
    expect(await found).toBe("bob");
    expect(turns).toBeGreaterThan(20);
  });

  it("follows the file: a user who is taken out, or has another password, ends at once", async () => {
    const { ask, file } = await scheme(`ann:${rfc7914}\nbob:${bcryptAbc}\n`);
    expect([await ask("ann", "pleaseletmein"), await ask("bob", "abc")]).toEqual(["ann", "bob"]);
    writeFileSync(file, `bob:${bcrypt.hashSync("new", 4)}\n`);
    await vi.waitFor(async () => expect(await ask("ann", "pleaseletmein")).toBe("invalid"), { timeout: 20_000 });
    expect([await ask("bob", "abc"), await ask("bob", "new")]).toEqual(["invalid", "bob"]);
    writeFileSync(file, "bob:in-plain-text\n");
    expect(await ask("bob", "new")).toBe("bob");
  });

  it.each([
    ["Basic", "invalid"],
    ["Basic !!!", "invalid"],
    [`Basic ${Buffer.from("no colon").toString("base64")}`, "invalid"],
    [`Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString("base64")}`, "invalid"],
    [`Basic ${Buffer.from("bob:a\0b").toString("base64")}`, "invalid"],
    [`Basic ${Buffer.from("bob:abc").toString("base64")}=`, "invalid"],
    ["Bearer abc", "absent"],
    ["Basically abc", "absent"],
    [`bAsIc  ${Buffer.from("bob:abc").toString("base64")}`, "bob"],
  ])("reads %j as RFC 7617 says", async (sent, expected) => {
    const { send } = await scheme(`bob:${bcryptAbc}\n`);
    expect(shown(await send(sent))).toBe(expected);
  });

  it("does not start with bcrypt that it was built without", async () => {
    await expect(scheme(`bob:${bcryptAbc}\n`, { bcrypt: null })).rejects.toThrow("hashes: [scrypt, bcrypt]");
  });
});

describe("files of users", () => {
  it.each([
    ["ann:$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "the password in line 1 is made with Argon2"],
    ["ann:$apr1$salt$hash", "is made with MD5"],
    ["ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "is made with MD5 or SHA-1"],
    ["ann:secret", "is not a hash with scrypt or bcrypt"],
    [`ann:${rfc7914.replace("ln=14", "ln=30")}`, "costs too little or too much"],
    [`ann:${bcryptAbc.replace("$06$", "$31$")}`, "has a cost that is not from 4 to 14"],
    [`ann:${bcryptAbc}\nann:${bcryptAbc}`, "line 2 names a user that is there already"],
    ["", "it has no users"],
    [`{"ann":{"password":"${bcryptAbc}"},"ann":{"password":"${bcryptAbc}"}}`, "is not one whose members all differ"],
    ['{"ann":{"pasword":"x"}}', "entry 1 is not an object with `password`"],
  ])("are refused with what is wrong: %j", (text, message) => {
    expect(() => readUsers(text)).toThrow(message);
    expect(() => readUsers(text)).not.toThrow(/secret|W6ph/);
  });

  it("have roles and scopes in JSON", () => {
    const users = readUsers(JSON.stringify({ ann: { password: bcryptAbc, roles: ["admin"], scopes: ["a"] } }));
    expect(users.get("ann")).toMatchObject({ roles: ["admin"], scopes: ["a"] });
  });
});
