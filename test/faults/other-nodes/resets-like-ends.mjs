import { connect } from "node:http2";
import { Duplex } from "node:stream";

// A Node in which a stream of HTTP/2 that was reset looks like one that has ended.
const end = () => new Duplex({ read() {}, write: (_chunk, _encoding, next) => next() });
const session = connect("http://localhost", { createConnection: end });
const ClientSession = Object.getPrototypeOf(session);
const { request } = ClientSession;
ClientSession.request = function (...values) {
  const stream = request.apply(this, values);
  let { push } = stream;
  const set = (given) => {
    push = (chunk) => {
      if (chunk === null) Object.defineProperty(stream, "closed", { get: () => false, configurable: true });
      const result = given.call(stream, chunk);
      delete stream.closed;
      return result;
    };
  };
  return Object.defineProperty(stream, "push", { get: () => push, set });
};
session.destroy();
