import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { component } from "./component.ts";

/** PEM of a certificate and of its private key. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

/** An authority made for a test. */
export interface Authority {
  /** Its own certificate. */
  readonly certificate: string;
  /** @param names subject alternative names as OpenSSL writes them: `DNS:orders.internal`, `IP:127.0.0.1` */
  issue(commonName: string, names?: readonly string[]): Certified;
}

export async function makeAuthority(commonName = "test authority"): Promise<Authority> {
  const openssl = await component("openssl");
  const folder = mkdtempSync(join(tmpdir(), "gatewright-authority-"));
  // It serves a whole file of tests.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const run = (...args: string[]): void => void execFileSync(openssl, args, { cwd: folder, stdio: "pipe" });
  const text = (file: string): string => readFileSync(join(folder, file), "utf8");
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  run("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", `/CN=${commonName}`);
  let count = 0;
  return {
    certificate: text("ca.pem"),
    issue(name, names = []) {
      const stem = `leaf-${count++}`;
      const extensions = names.length === 0 ? [] : ["-addext", `subjectAltName=${names.join(",")}`];
      run("req", ...newKey, "-keyout", `${stem}.key`, "-out", `${stem}.csr`, "-subj", `/CN=${name}`, ...extensions);
      const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-copy_extensions", "copy"];
      run("x509", "-req", "-in", `${stem}.csr`, ...signing, "-out", `${stem}.pem`);
      return { certificate: text(`${stem}.pem`), key: text(`${stem}.key`) };
    },
  };
}
