import type { BodySink } from "./client-transport.ts";

/** Takes what nobody wants to read. */
export const discard: BodySink = {
  bodyPiece() {},
  bodyBatch() {},
  bodyEnd() {},
};
