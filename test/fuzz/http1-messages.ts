import { bent, type Random } from "./random.ts";

const statuses = [
  "200 OK",
  "204 No Content",
  "205 Reset",
  "304 Same",
  "101 Switch",
  "100 Go",
  "103 Hints",
  "099 Low",
  "999 High",
  "600 X",
];
const answerFields = [
  "Content-Length: 4",
  "Content-Length: 0",
  "Content-Length: 4, 4",
  "Content-Length: 99999999999999999",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Connection: close",
  "Connection: upgrade, content-length",
  "Upgrade: websocket",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "Set-Cookie: __proto__=1",
  "__proto__: a",
  "constructor: a",
  "Trailer: Content-Length",
  "Date: never",
  "Vary: *",
  "Content-Encoding: gzip",
];
const bodies = [
  "part",
  "",
  "4\r\npart\r\n0\r\n\r\n",
  "4;a=b\r\npart\r\n0\r\nX-Sum: 1\r\n\r\n",
  "ffffffff\r\n",
  "HTTP/1.1 200 OK\r\n\r\n",
];

/** What a service over HTTP/1.1 may say in place of an answer. */
export function http1Answer(random: Random): Buffer {
  const head = (): string => {
    const fields = Array.from({ length: random.below(5) }, () => random.pick(answerFields));
    return [`HTTP/1.${random.oneIn(8) ? 0 : 1} ${random.pick(statuses)}`, ...fields, "", ""].join("\r\n");
  };
  const interims = Array.from({ length: random.oneIn(4) ? random.below(4) : 0 }, () => "HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\n");
  const whole = Buffer.from(interims.join("") + head() + random.pick(bodies), "latin1");
  return random.oneIn(2) ? whole : bent(whole, random);
}

const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "PRI", "BREW"];
const targets = [
  "/one/a",
  "/two/a?b=c",
  "/one/%2e%2e/a",
  "/two/%zz",
  "*",
  "http://other/one/a",
  "a:80",
  "//",
  "/one/a#b",
  "/none",
];
const requestFields = [
  "Host: a",
  "Host: a:99999",
  "Content-Length: 4",
  "Content-Length: 4",
  "Transfer-Encoding: chunked",
  "Expect: 100-continue",
  "Expect: more",
  "Connection: close, x-a",
  "Connection: Upgrade",
  "Upgrade: websocket, h2c",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "TE: trailers",
  "Max-Forwards: 0",
  "Origin: https://a.example",
  "Access-Control-Request-Method: PUT",
  "__proto__: a",
  "X-Forwarded-For: ::1",
  "Forwarded: for=_a;by=",
];

/** What a client over HTTP/1.1 may send: some requests, one behind the other. */
export function http1Requests(random: Random): Buffer {
  const request = (): string => {
    const fields = Array.from({ length: random.below(6) }, () => random.pick(requestFields));
    const version = random.oneIn(10) ? random.pick(["1.0", "2.0", "1.2"]) : "1.1";
    return `${[`${random.pick(methods)} ${random.pick(targets)} HTTP/${version}`, "Host: a", ...fields, "", ""].join("\r\n")}${random.pick(bodies)}`;
  };
  const whole = Buffer.from(Array.from({ length: 1 + random.below(3) }, request).join(""), "latin1");
  return random.oneIn(2) ? whole : bent(whole, random);
}
