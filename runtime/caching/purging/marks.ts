/** By what purges know an answer. */
export interface AnswerMarks {
  readonly tags: readonly string[];
  /** Of the caller for whom it is kept; undefined: it is for more than one. */
  readonly subject: string | undefined;
  /** Without its scheme: `//shop.example.com/v1/products?page=2`. */
  readonly uri: string;
  /** It is the answer for each query, as far as the cache goes by it: `uri` has none. */
  readonly isWithoutQuery: boolean;
}

/** The same of an answer that is kept. */
export interface KeptMarks extends AnswerMarks {
  /** Number of the last purge that was known when its fetch began, and by whose count. */
  readonly era: string;
  readonly number: number;
  /** Bytes in memory, about. */
  readonly bytes: number;
  /** `latest` of the ledger for which it is known to be valid; of this process, and not kept elsewhere. */
  seen: number;
}

export const sizeOfMarks = ({ tags, uri, subject = "" }: AnswerMarks): number =>
  tags.reduce((sum, tag) => sum + tag.length + 40, 160 + uri.length + subject.length);
