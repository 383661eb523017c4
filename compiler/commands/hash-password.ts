import { randomBytes, scrypt } from "node:crypto";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { UsageError } from "./usage-error.ts";

/** 32 MiB and some 100 ms; as OWASP's Password Storage Cheat Sheet has it for this memory. */
const cost = { ln: 15, r: 8, p: 3 };

const compute = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** `gatewright hash-password`: a password goes in by standard input, which no process list and no history shows. */
export async function hashPassword({ user }: { readonly user?: unknown }): Promise<number> {
  const name = user === undefined ? undefined : String(user).normalize("NFC");
  if (name !== undefined && (name === "" || /[\p{Cc}:]/u.test(name)))
    throw new UsageError("`--user` is empty, or holds a colon or control characters.");
  if (process.stdin.isTTY) process.stderr.write("Password, then Ctrl-D: ");
  const password = (await text(process.stdin)).replace(/\r?\n$/, "").normalize("NFC");
  if (password === "" || /\p{Cc}/u.test(password))
    throw new UsageError("The password on standard input is empty, or holds control characters.");
  const salt = randomBytes(16);
  const hash = await compute(password, salt, 32, { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 64 * 1024 * 1024 });
  const line = `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${unpadded(salt)}$${unpadded(hash)}`;
  process.stdout.write(`${name === undefined ? "" : `${name}:`}${line}\n`);
  return 0;
}

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");
