import { vi } from "vitest";
import { patience } from "./patience.ts";

const { waitFor } = vi;

/** Vitest gives up after a second, which a busy machine needs for less. `expect.poll` has an option for this, `vi.waitFor` none. */
vi.waitFor = (callback, options) =>
  waitFor(callback, { timeout: patience, ...(typeof options === "number" ? { timeout: options } : options) });
