import { createSocket } from "node:dgram";

/** What is known of one name: addresses of IPv4 and IPv6, and seconds for which they hold. */
export interface DnsEntry {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  readonly ttl: number;
}

/** Answers for names that are not in the table, by their code (RFC 1035 §4.1.1), and silence. */
export type DnsMood = "answers" | "fails" | "silent";

/** A DNS server on UDP (RFC 1035) that answers from a table. */
export interface DnsServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly table: Map<string, DnsEntry>;
  mood: DnsMood;
  /** Questions so far: `orders.test A`. */
  readonly questions: string[];
  close(): void;
}

export async function startDnsServer(table: Readonly<Record<string, DnsEntry>> = {}): Promise<DnsServer> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at]!; length > 0; length = query[at]!) {
      labels.push(query.toString("latin1", at + 1, at + 1 + length));
      at += length + 1;
    }
    const name = labels.join(".").toLowerCase();
    const isIpv6 = query.readUInt16BE(at + 1) === 28;
    server.questions.push(`${name} ${isIpv6 ? "AAAA" : "A"}`);
    if (server.mood === "silent") return;
    const entry = server.table.get(name);
    const addresses = (isIpv6 ? entry?.aaaa : entry?.a) ?? [];
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    // An answer, with the recursion that was asked for: no error, a failure of the server, or no such name.
    head.writeUInt16BE(0x8180 | (server.mood === "fails" ? 2 : entry === undefined ? 3 : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(server.mood === "fails" ? 0 : addresses.length, 6);
    const records = server.mood === "fails" ? [] : addresses.map((address) => record(address, isIpv6, entry!.ttl));
    socket.send(Buffer.concat([head, query.subarray(12, at + 5), ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const server: DnsServer = {
    address: `127.0.0.1:${socket.address().port}`,
    table: new Map(Object.entries(table)),
    mood: "answers",
    questions: [],
    close: () => socket.close(),
  };
  return server;
}

/** The name is the one of the question: a pointer to offset 12. */
function record(address: string, isIpv6: boolean, ttl: number): Buffer {
  const data = isIpv6 ? ipv6(address) : Buffer.from(address.split(".").map(Number));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(isIpv6 ? 28 : 1, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6(address: string): Buffer {
  const [before = "", after = ""] = address.split("::");
  const groups = (text: string): number[] => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [left, right] = [groups(before), groups(after)];
  const whole = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of whole.entries()) bytes.writeUInt16BE(group, index * 2);
  return bytes;
}
