import type { Attempt } from "./attempt.ts";
import type { Upload } from "./upload-clock.ts";

/**
 * Milliseconds from the begin of an attempt to the head of its answer, or to `end` where none came: those in which the service
 * was waited for, and not its client.
 */
export const timeToHead = ({ startedAt, headAt, upload }: Timed, end: number): number =>
  (headAt === 0 ? end : headAt) - startedAt - (upload === undefined ? 0 : upload.waited);

type Timed = Pick<Attempt, "startedAt" | "headAt" | "upload">;

/** What of the time of one attempt its client was waited for. */
export class AttemptUpload implements Upload {
  readonly #upload: Upload;
  readonly #before: number;
  #ended: number | undefined = undefined;

  /** Begins now. */
  constructor(upload: Upload) {
    this.#upload = upload;
    this.#before = upload.waited;
  }

  get waited(): number {
    return this.#ended ?? this.#upload.waited - this.#before;
  }

  /** The service has answered, or nobody waits for it any more: the rest of the upload is another matter. */
  end(): void {
    this.#ended ??= this.waited;
  }
}
