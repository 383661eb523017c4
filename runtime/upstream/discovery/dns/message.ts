/** Types of records (RFC 1035 §3.2.2, RFC 3596, RFC 2782, RFC 6891). */
export const recordTypes = { A: 1, CNAME: 5, AAAA: 28, SRV: 33, OPT: 41 } as const;
export type Asked = "A" | "AAAA" | "SRV";

/** What is told of the name that was asked for. */
export type DnsRecord =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "SRV"; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string };

export interface DnsAnswer {
  /** 0: no error, 3: there is no such name (RFC 1035 §4.1.1). */
  readonly rcode: number;
  /** There is more than fits (RFC 1035 §4.2.1): to be asked for over TCP. */
  readonly isTruncated: boolean;
  readonly records: readonly DnsRecord[];
  /** Seconds that all of it holds; undefined where there is nothing. */
  readonly ttl: number | undefined;
}

/** Bytes of an answer over UDP that fit everywhere (DNS flag day 2020). */
const udpBytes = 1_232;

/** Records of one answer that are looked at. */
const mostRecords = 20_000;

/** Aliases that are followed from one name to another. */
const mostAliases = 16;

/** Throws where it is no name. */
export function dnsQuery(id: number, name: string, type: Asked, hasEdns: boolean): Buffer {
  const labels = name.replace(/\.$/, "").split(".");
  if (name.length > 254 || labels.some((label) => !/^[\w-]{1,63}$/.test(label))) throw new Error(`${name} is no name of DNS`);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  // Recursion is wanted; one question, and no further record but EDNS.
  head.writeUInt16BE(0x0100, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(hasEdns ? 1 : 0, 10);
  const encoded = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]);
  const tail = Buffer.from([0, 0, recordTypes[type], 0, 1]);
  const edns = Buffer.from([0, 0, recordTypes.OPT, udpBytes >> 8, udpBytes & 255, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...encoded, tail, ...(hasEdns ? [edns] : [])]);
}

/**
 * Undefined where it is no answer to the question, as one that somebody else made up who could not know it. Throws where it is
 * one and cannot be read.
 */
export function dnsAnswer(message: Buffer, id: number, name: string, type: Asked): DnsAnswer | undefined {
  if (message.length < 12 || message.readUInt16BE(0) !== id) return undefined;
  const flags = message.readUInt16BE(2);
  const rcode = flags & 15;
  if ((flags & 0xf800) !== 0x8000) return undefined;
  const nothing = { rcode, isTruncated: (flags & 0x0200) !== 0, records: [], ttl: undefined };
  // A server that does not know EDNS may send the head alone (RFC 6891 §7).
  if (message.readUInt16BE(4) === 0 && rcode !== 0) return nothing;
  const reader = new Reader(message);
  const asked = name.replace(/\.$/, "").toLowerCase();
  if (message.readUInt16BE(4) !== 1 || reader.name() !== asked || reader.uint16() !== recordTypes[type] || reader.uint16() !== 1)
    return undefined;
  if (nothing.isTruncated || rcode !== 0) return nothing;
  return { ...nothing, ...ofName(reader.records(message.readUInt16BE(6)), asked, recordTypes[type]) };
}

/** Those of the name itself, or of what it is another name for. */
function ofName(all: readonly RawRecord[], asked: string, type: number): Pick<DnsAnswer, "records" | "ttl"> {
  let name = asked;
  let ttl = Number.POSITIVE_INFINITY;
  for (let alias = 0; alias < mostAliases; alias++) {
    const found = all.filter((record) => record.type === type && record.name === name);
    const records = found.flatMap(({ read }) => read ?? []);
    if (found.length > 0) return { records, ttl: Math.min(ttl, ...found.map((record) => record.ttl)) };
    const next = all.find((record) => record.type === recordTypes.CNAME && record.name === name);
    if (next?.alias === undefined) break;
    ttl = Math.min(ttl, next.ttl);
    name = next.alias;
  }
  return { records: [], ttl: undefined };
}

interface RawRecord {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly alias?: string;
  readonly read?: DnsRecord;
}

class Reader {
  readonly #message: Buffer;
  #at = 12;

  constructor(message: Buffer) {
    this.#message = message;
  }

  uint16(): number {
    const value = this.#message.readUInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  /** In lower case, without the dot at its end. */
  name(): string {
    const [name, next] = this.#nameAt(this.#at);
    this.#at = next;
    return name;
  }

  /** Pointers only go back, so that no message makes a circle (RFC 1035 §4.1.4). */
  #nameAt(start: number): [name: string, next: number] {
    const labels: string[] = [];
    let [at, first, next, length] = [start, start, -1, 0];
    for (;;) {
      const size = this.#message.readUInt8(at);
      if (size >= 0xc0) {
        const to = this.#message.readUInt16BE(at) & 0x3fff;
        if (next < 0) next = at + 2;
        if (to >= first) throw new Error("a name points forward");
        [at, first] = [to, to];
        continue;
      }
      if (size > 63) throw new Error("a label has no known form");
      if (size === 0) return [labels.join("."), next < 0 ? at + 1 : next];
      length += size + 1;
      if (length > 255 || at + 1 + size > this.#message.length) throw new Error("a name is too long");
      labels.push(this.#message.toString("latin1", at + 1, at + 1 + size).toLowerCase());
      at += size + 1;
    }
  }

  records(count: number): RawRecord[] {
    if (count > mostRecords) throw new Error(`there are ${count} records`);
    return Array.from({ length: count }, () => this.#record());
  }

  #record(): RawRecord {
    const name = this.name();
    const [type, recordClass] = [this.uint16(), this.uint16()];
    const written = this.#message.readUInt32BE(this.#at);
    this.#at += 4;
    const [length, start] = [this.uint16(), this.#at];
    if (start + length > this.#message.length) throw new Error("a record ends behind the message");
    // With the highest bit it is none (RFC 2181 §8).
    const record = { name, type: recordClass === 1 ? type : 0, ttl: written > 0x7fff_ffff ? 0 : written };
    const data = this.#message.subarray(start, start + length);
    const more = this.#read(record.type, data, start);
    this.#at = start + length;
    return { ...record, ...more };
  }

  #read(type: number, data: Buffer, start: number): Pick<RawRecord, "alias" | "read"> {
    if (type === recordTypes.CNAME) return { alias: this.#nameAt(start)[0] };
    if (type === recordTypes.A && data.length === 4) return { read: { type: "A", address: data.join(".") } };
    if (type === recordTypes.AAAA && data.length === 16) return { read: { type: "AAAA", address: ipv6Of(data) } };
    if (type !== recordTypes.SRV || data.length < 7) return {};
    const [priority, weight, port] = [data.readUInt16BE(0), data.readUInt16BE(2), data.readUInt16BE(4)];
    return { read: { type: "SRV", priority, weight, port, target: this.#nameAt(start + 6)[0] } };
  }
}

const ipv6Of = (data: Buffer): string =>
  Array.from({ length: 8 }, (_, group) => data.readUInt16BE(2 * group).toString(16)).join(":");
