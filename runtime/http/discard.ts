import type { BodySink } from "../http1/incoming-body.ts";

/** Takes what nobody wants to read. */
export const discard: BodySink = {
  bodyPiece() {},
  bodyBatch() {},
  bodyEnd() {},
};
