import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Attempt } from "./attempt.ts";
import { AttemptUpload } from "./time-to-head.ts";
import { timeUpload, type Upload, type UploadSink } from "./upload-clock.ts";

/** Tells the time in which a client is waited for from that of the service. */
export class Uploads {
  declare readonly __made: true;

  /** Undefined: the request has no body that is sent on as it comes. */
  of(x: HttpExchange, slow: UploadSink): Upload | undefined {
    return timeUpload(x, slow);
  }

  begin(attempt: Attempt, upload: Upload): void {
    attempt.upload = new AttemptUpload(upload);
  }
}

export const createUploads = (): Uploads => new Uploads();
