import { createCidrSet } from "../addresses/cidr.ts";
import { ipText } from "../addresses/ip-text.ts";
import { parseIp } from "../addresses/parse-ip.ts";

/** What a proxy says of the connection that it passes on. */
export interface ProxyHeader {
  /** Undefined where the proxy speaks for itself, or does not know. */
  readonly ip: string | undefined;
  readonly port: number | undefined;
  /** Bytes of the header. */
  readonly length: number;
}

export interface ProxyProtocol {
  /** A peer of this address begins with the header, always. */
  isFrom(ip: string): boolean;
  /** Undefined: more bytes are needed. */
  read(bytes: Buffer): ProxyHeader | "malformed" | undefined;
}

export interface ProxyProtocolConfig {
  /** CIDR blocks. */
  readonly from: readonly string[];
  /** Peers on a Unix socket. */
  readonly fromUnix: boolean;
}

/** PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt). */
export function createProxyProtocol({ from, fromUnix }: ProxyProtocolConfig): ProxyProtocol {
  const blocks = createCidrSet(from);
  return { isFrom: (ip) => blocks.has(ip) ?? (fromUnix && ip === "unknown"), read: readProxyHeader };
}

/** Longest line of version 1 with its CRLF (§2.1). */
const longestLine = 107;

/** Bytes behind the fixed part of version 2: addresses and TLVs. Proxies send some hundred at most. */
const longestRest = 4_096;

export function readProxyHeader(bytes: Buffer): ProxyHeader | "malformed" | undefined {
  // The first byte of the signature can begin no line of version 1.
  return bytes[0] === 0x0d ? readBinary(bytes) : readLine(bytes);
}

function readLine(bytes: Buffer): ProxyHeader | "malformed" | undefined {
  const text = bytes.toString("latin1", 0, longestLine);
  if (!text.startsWith("PROXY ".slice(0, text.length))) return "malformed";
  const end = text.indexOf("\r\n");
  if (end < 0) return text.length < longestLine ? undefined : "malformed";
  const length = end + 2;
  const words = text.slice(0, end).split(" ");
  if (words[1] === "UNKNOWN") return { ip: undefined, port: undefined, length };
  const [, family, source = "", destination = "", port = "", destinationPort = ""] = words;
  const isIpv4 = family === "TCP4";
  const isRight =
    words.length === 6 &&
    (isIpv4 || family === "TCP6") &&
    isAddress(source, isIpv4) &&
    isAddress(destination, isIpv4) &&
    isPort(port) &&
    isPort(destinationPort);
  return isRight ? { ip: ipText(source), port: Number(port), length } : "malformed";
}

const isAddress = (text: string, isIpv4: boolean): boolean =>
  text.includes(":") !== isIpv4 && parseIp(text, new Uint32Array(4)) !== 0;

const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;

/** Version 2 (§2.2): signature, version and command, family and protocol, length, addresses, TLVs. */
function readBinary(bytes: Buffer): ProxyHeader | "malformed" | undefined {
  const signature = "\r\n\r\n\0\r\nQUIT\n";
  const begun = bytes.toString("latin1", 0, signature.length);
  if (!signature.startsWith(begun)) return "malformed";
  if (bytes.length < 16) return undefined;
  const command = bytes[12]!;
  const family = bytes[13]!;
  const rest = bytes.readUInt16BE(14);
  const length = 16 + rest;
  if ((command !== 0x20 && command !== 0x21) || rest > longestRest) return "malformed";
  // Address families 0 to 3, protocols 0 to 2; the receiver must refuse others.
  if (family >> 4 > 3 || (family & 0x0f) > 2) return "malformed";
  const size = family >> 4 === 1 ? 12 : family >> 4 === 2 ? 36 : family >> 4 === 3 ? 216 : 0;
  if (command === 0x21 && rest < size) return "malformed";
  if (bytes.length < length) return undefined;
  // LOCAL is the proxy itself, a health check for example. Only streams over IP have an address that we can use.
  const isKnown = command === 0x21 && (family === 0x11 || family === 0x21);
  if (!isKnown) return { ip: undefined, port: undefined, length };
  return family === 0x11
    ? { ip: bytes.subarray(16, 20).join("."), port: bytes.readUInt16BE(24), length }
    : { ip: ipv6Text(bytes.subarray(16, 32)), port: bytes.readUInt16BE(48), length };
}

const ipv6Text = (bytes: Buffer): string | undefined =>
  ipText(Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(":"));
