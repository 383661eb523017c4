import type { HeaderList } from "../../../runtime/fields/header-list.ts";
import { type Piece, ReadBuffers } from "../../../runtime/http1/read-buffer.ts";
import { type ResponseHead, ResponseHeadReader } from "../../../runtime/http1/response-head.ts";
import type { AnswerSink } from "../../../runtime/upstream/answer-sink.ts";
import { OriginConnection, type OriginHost } from "../../../runtime/upstream/origin-connection.ts";
import { FakeSocket } from "./fake-socket.ts";
import { fieldLines, type Message, type Reading } from "./message.ts";

const host: OriginHost = {
  buffers: new ReadBuffers(),
  heads: new ResponseHeadReader({ headBytes: 65_536, fieldLines: 500 }),
  release() {},
  forget() {},
};

/** The answer that a connection to a service makes of these bytes, behind interim ones. */
export function readAnswer(pieces: readonly Buffer[], { isHead = false, isEnded = false } = {}): Reading {
  const socket = new FakeSocket();
  const connection = new OriginConnection(host, () => socket.asSocket);
  const record = new AnswerRecord();
  connection.begin(record, "", { isHead, isUpgrade: false, isChunked: false });
  connection.sendEnd("");
  socket.feed(connection, pieces);
  if (isEnded && !socket.destroyed) socket.emit("end");
  return record.reading;
}

class AnswerRecord implements AnswerSink {
  readonly #interim: Message[] = [];
  #message: Message | undefined = undefined;
  #isRefused = false;

  answerHead({ status, minor, headers }: ResponseHead): void {
    const message: Message = {
      start: `${status} 1.${minor}`,
      fields: fieldLines(headers.lines),
      body: "",
      trailers: [],
      isWhole: status < 200,
      isRefused: false,
    };
    if (status < 200) this.#interim.push(message);
    else this.#message = message;
  }

  answerPiece(piece: Piece): void {
    this.#message = { ...this.#message!, body: this.#message!.body + piece.text() };
  }

  answerBatch(): void {}

  answerEnd(trailers: HeaderList | undefined): void {
    this.#message = { ...this.#message!, trailers: trailers === undefined ? [] : fieldLines(trailers.lines), isWhole: true };
  }

  answerFailed(): void {
    this.#isRefused = true;
  }

  requestDrained(): void {}

  broke(error: unknown): void {
    throw error;
  }

  get reading(): Reading {
    const messages = this.#message === undefined ? this.#interim : [...this.#interim, this.#message];
    return { messages, end: this.#isRefused ? "refused" : this.#message?.isWhole === true ? "over" : "more" };
  }
}
