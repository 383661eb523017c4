import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { repository } from "./sample.ts";

export interface EditorDiagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

export interface CompletionItem {
  readonly label: string;
  readonly insertText?: string;
  readonly textEdit?: { readonly newText: string };
}

/** yaml-language-server as editors run it, spoken to over its standard streams (Language Server Protocol 3.17). */
export class LanguageServer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  readonly #published = new Map<string, (diagnostics: readonly EditorDiagnostic[]) => void>();
  #buffer = Buffer.alloc(0);
  #id = 0;

  private constructor() {
    const server = join(repository, "node_modules/yaml-language-server/bin/yaml-language-server");
    this.#child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout!.on("data", (bytes: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      this.#read();
    });
  }

  static async start(folder: string): Promise<LanguageServer> {
    const server = new LanguageServer();
    await server.#request("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: {
        textDocument: { completion: { completionItem: { snippetSupport: false } }, publishDiagnostics: {} },
        workspace: { configuration: true },
      },
    });
    server.#notify("initialized", {});
    return server;
  }

  /** What the editor underlines in a file that was opened with this text. */
  diagnostics(path: string, text: string): Promise<readonly EditorDiagnostic[]> {
    const uri = pathToFileURL(path).href;
    const published = new Promise<readonly EditorDiagnostic[]>((resolve) => this.#published.set(uri, resolve));
    this.#notify("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: ++this.#id, text } });
    return published;
  }

  /** What is offered at the mark `|` in a text, which is taken out of it. */
  async completions(path: string, marked: string): Promise<readonly CompletionItem[]> {
    const before = marked.slice(0, marked.indexOf("|"));
    const position = { line: before.split("\n").length - 1, character: before.length - before.lastIndexOf("\n") - 1 };
    await this.diagnostics(path, marked.replace("|", ""));
    const answer = await this.#request("textDocument/completion", { textDocument: { uri: pathToFileURL(path).href }, position });
    return (answer as { readonly items: readonly CompletionItem[] }).items;
  }

  async stop(): Promise<void> {
    await this.#request("shutdown", null);
    this.#notify("exit", null);
    await new Promise((resolve) => this.#child.once("exit", resolve));
  }

  #request(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#id;
    const answered = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#send({ id, method, params });
    return answered;
  }

  #notify(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#child.stdin!.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #read(): void {
    for (;;) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.subarray(0, Math.max(end, 0)).toString())?.[1]);
      if (end < 0 || this.#buffer.length < end + 4 + length) return;
      const message: unknown = JSON.parse(this.#buffer.subarray(end + 4, end + 4 + length).toString());
      this.#buffer = this.#buffer.subarray(end + 4 + length);
      this.#hear(message as Message);
    }
  }

  #hear({ id, method, params, result }: Message): void {
    if (method === undefined) this.#waiting.get(id!)?.(result);
    else if (method === "workspace/configuration") this.#send({ id, result: params.items!.map(settingsOf) });
    else if (method === "textDocument/publishDiagnostics") this.#published.get(params.uri!)?.(params.diagnostics!);
    else if (id !== undefined) this.#send({ id, result: null });
  }
}

/** The defaults of the extension for VS Code, without its catalogue on the network. */
const settingsOf = ({ section }: { readonly section: string }): unknown =>
  section === "yaml" ? { validate: true, completion: true, hover: true, schemaStore: { enable: false } } : null;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly params: {
    readonly items?: readonly { readonly section: string }[];
    readonly uri?: string;
    readonly diagnostics?: readonly EditorDiagnostic[];
  };
}
