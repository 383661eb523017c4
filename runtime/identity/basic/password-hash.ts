/** A hash as a file of users has it. Nothing in it costs more to compute than a gateway can bear. */
export type PasswordHash = ScryptHash | BcryptHash;

export interface ScryptHash {
  readonly kind: "scrypt";
  /** Logarithm of N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export interface BcryptHash {
  readonly kind: "bcrypt";
  readonly text: string;
}

/** Bytes that one computation with scrypt may need. */
const mostMemory = 128 * 1024 * 1024;
const costs = { least: 4, most: 14 };

/** Throws where it cannot be used, with the end of a sentence that holds nothing of the hash. */
export function readPasswordHash(text: string): PasswordHash {
  const [, kind = ""] = /^\$([a-z0-9-]+)\$/.exec(text) ?? [];
  if (kind === "scrypt") return readScrypt(text);
  if (/^2[aby]$/.test(kind)) return readBcrypt(text);
  if (kind.startsWith("argon2"))
    throw new Error(
      "is made with Argon2, which not all supported releases of Node have. Use scrypt (`gatewright hash-password`) or bcrypt",
    );
  if (kind === "apr1" || kind === "1" || text.startsWith("{SHA}"))
    throw new Error(
      "is made with MD5 or SHA-1, which is too weak. Use scrypt (`gatewright hash-password`) or bcrypt (`htpasswd -B`)",
    );
  throw new Error("is not a hash with scrypt or bcrypt. Make one with `gatewright hash-password`");
}

/** `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, both in base64 without padding. */
function readScrypt(text: string): ScryptHash {
  const found = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(text);
  if (found === null) throw new Error("is not of the form `$scrypt$ln=15,r=8,p=1$salt$hash`");
  const [ln, r, p] = found.slice(1, 4).map(Number) as [number, number, number];
  if (ln < 10 || r < 1 || p < 1 || 2 ** ln * r * 128 > mostMemory || p > 4)
    throw new Error("costs too little or too much: use `ln` from 10 on, `p` up to 4, and at most 128 MiB (128 · r · 2^ln bytes)");
  return { kind: "scrypt", ln, r, p, salt: Buffer.from(found[4]!, "base64"), hash: Buffer.from(found[5]!, "base64") };
}

function readBcrypt(text: string): BcryptHash {
  const [, cost] = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text) ?? [];
  if (cost === undefined) throw new Error("is not a whole bcrypt hash of 60 characters");
  if (Number(cost) < costs.least || Number(cost) > costs.most)
    throw new Error(`has a cost that is not from ${costs.least} to ${costs.most}`);
  return { kind: "bcrypt", text };
}
