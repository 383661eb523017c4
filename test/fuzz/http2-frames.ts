import { block, frame, preface } from "../listeners/support/frames.ts";
import { bent, type Random } from "./random.ts";

type Lines = readonly (readonly [name: string, value: string])[];

const statuses = ["200", "200", "204", "205", "304", "101", "100", "103", "099", "999", "600", "421", "2xx", "", "20", "2000"];
const someLines: Lines = [
  ["content-length", "4"],
  ["content-length", "0"],
  ["content-length", "-1"],
  ["transfer-encoding", "chunked"],
  ["connection", "close"],
  ["X-Upper", "a"],
  ["", "a"],
  ["__proto__", "a"],
  ["constructor", "a"],
  ["set-cookie", "a=1"],
  ["x-a", "b\r\nc: d"],
  ["x-a", "\0"],
  ["x-a", " b "],
  [":path", "/late"],
  [":status", "200"],
  [":protocol", "websocket"],
  ["te", "trailers"],
  ["expect", "100-continue"],
  ["host", "b"],
  ["cookie", "a=1"],
  ["date", "never"],
  ["content-encoding", "gzip"],
  ["x-long", "a".repeat(300)],
];

/** A block of fields, or bytes that are none (RFC 7541 §5, §6). */
function fieldBlock(lines: Lines, random: Random): Buffer {
  const more = Array.from({ length: random.below(4) }, () => random.pick(someLines));
  if (!random.oneIn(6)) return block([...lines, ...more]);
  return random.pick([
    random.bytes(1 + random.below(40)),
    Buffer.alloc(20, 0xff), // an integer without end
    Buffer.of(0x80), // index 0
    Buffer.of(0x3f, 0xff, 0xff, 0xff, 0x7f), // a table of any size
    Buffer.of(0x00, 0x7f, 0xff, 0xff, 0xff, 0x0f), // a name that is longer than the frame
    Buffer.of(0x00, 0x85, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00), // the end of Huffman's code
    Buffer.concat([block(lines), Buffer.of(0x20)]), // an update of the table behind fields
  ]);
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

const settings = (random: Random): Buffer => {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(random.pick([1, 2, 3, 4, 5, 6, 8, 9, 99]), 0);
  bytes.writeUInt32BE(random.pick([0, 1, 2, 100, 16_384, 65_535, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]), 2);
  return bytes;
};

/** A frame of any kind (RFC 9113 §6), of which `stream` is the one that is talked about and `lines` begin its head. */
function anyFrame(lines: Lines, stream: number, random: Random): Buffer {
  const id = random.oneIn(8) ? random.pick([0, 2, stream + 2, 2 ** 31 - 1]) : stream;
  const end = random.below(2);
  const code = random.pick([0, 1, 2, 5, 7, 8, 11, 13, 99]);
  const content = Buffer.from(random.pick(["", "part", "a".repeat(3_000)]));
  const kinds: readonly (() => Buffer)[] = [
    () => frame(1, 4 | end, id, fieldBlock(lines, random)),
    () => frame(1, 4 | end, id, fieldBlock(random.oneIn(2) ? [] : lines, random)),
    () => frame(1, end, id, fieldBlock(lines, random)),
    () => frame(1, 4 | 8 | end, id, Buffer.concat([Buffer.of(random.below(256)), fieldBlock(lines, random)])),
    () => frame(1, 4 | 32, id, Buffer.concat([number(stream), Buffer.of(1), fieldBlock(lines, random)])),
    () => frame(9, random.pick([0, 4]), id, fieldBlock([], random)),
    () => frame(0, end, id, content),
    () => frame(0, end, id, content),
    () => frame(0, 8 | end, id, Buffer.concat([Buffer.of(random.below(256)), content])),
    () => frame(3, 0, id, random.oneIn(6) ? random.bytes(3) : number(code)),
    () => frame(4, 0, random.oneIn(6) ? 1 : 0, Buffer.concat([settings(random), settings(random)])),
    () => frame(4, random.pick([0, 1]), 0, random.bytes(random.below(7))),
    () =>
      frame(
        5,
        4,
        id,
        Buffer.concat([
          number(random.pick([2, 4, 0, 1])),
          fieldBlock(
            [
              [":method", "GET"],
              [":path", "/"],
            ],
            random,
          ),
        ]),
      ),
    () => frame(6, random.pick([0, 1]), 0, random.bytes(random.oneIn(4) ? 5 : 8)),
    () =>
      frame(
        7,
        0,
        0,
        Buffer.concat([number(random.pick([0, 1, stream, 2 ** 31 - 1])), number(code), random.bytes(random.below(9))]),
      ),
    () => frame(8, 0, random.oneIn(2) ? 0 : id, number(random.pick([0, 1, 65_535, 2 ** 31 - 1, 2 ** 32 - 1]))),
    () => frame(2, 0, id, random.bytes(5)),
    () => frame(10, 0, id, random.bytes(random.below(20))),
    () => frame(12, 0, 0, Buffer.concat([Buffer.of(0, 4), Buffer.from("\0:/a")])),
    () => frame(random.below(256), random.below(256), id, random.bytes(random.below(40))),
  ];
  return random.pick(kinds)();
}

/** What a service over HTTP/2 may say on a stream in place of an answer. */
export function http2Answer(stream: number, random: Random): Buffer {
  const lines: Lines = random.oneIn(8) ? [] : [[":status", random.pick(statuses)]];
  const first = random.oneIn(3) ? [] : [frame(1, 4 | random.below(2), stream, fieldBlock(lines, random))];
  const rest = Array.from({ length: random.below(5) }, () => anyFrame(lines, stream, random));
  const whole = Buffer.concat([...first, ...rest]);
  return random.oneIn(4) ? bent(whole, random) : whole;
}

const methods = ["GET", "GET", "POST", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PRI", "a b", ""];
const paths = ["/one/a", "/two/a?b", "*", "", "a", "/one/%00", "/two/\r\n", "http://b/", "/none"];

/** What a client over HTTP/2 may send, from the begin of its connection. */
export function http2Requests(random: Random): Buffer {
  const begin = random.oneIn(12) ? bent(preface, random) : preface;
  const frames = [frame(4, 0, 0, random.oneIn(4) ? settings(random) : Buffer.alloc(0))];
  let stream = 1;
  for (let count = 1 + random.below(8); count > 0; count--) {
    const lines: Lines = [
      [":method", random.pick(methods)],
      [":scheme", random.pick(["http", "http", "https", "ftp"])],
      [":path", random.pick(paths)],
      [":authority", random.pick(["a", "a", "", "a@b"])],
    ];
    frames.push(random.oneIn(2) ? frame(1, 4 | random.below(2), stream, block(lines)) : anyFrame(lines, stream, random));
    if (random.oneIn(2)) stream += 2;
  }
  const whole = Buffer.concat([begin, ...frames]);
  return random.oneIn(4) ? bent(whole, random) : whole;
}
