/** What undici has under this path, which is all that calls need of it; its own types name it by the whole package. */
declare module "undici/lib/dispatcher/pool.js" {
  import type { Pool } from "undici";

  const pool: typeof Pool;
  export type UndiciPool = Pool;
  export default pool;
}
