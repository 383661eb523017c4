import { createServer } from "node:http";

/** A model that says every word back, and counts a token for each. Takes a free port of the loopback interface. */
export async function startModel() {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      response.writeHead(400, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ title: error.message }));
    });
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(request, response) {
  const { input, messages, stream } = await json(request);
  if (request.url === "/embeddings") return whole(response, { embedding: [input.length], usage: usageOf(input, "") });
  const asked = messages.map(({ content }) => content).join(" ");
  const said = messages.at(-1).content;
  const usage = usageOf(asked, said);
  if (stream !== true) return whole(response, { choices: [{ message: { role: "assistant", content: said } }], usage });
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  for (const word of wordsOf(said)) {
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: `${word} ` } }], usage: null })}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
}

const wordsOf = (text) => text.split(/\s+/).filter((word) => word !== "");

function usageOf(asked, said) {
  const [prompt_tokens, completion_tokens] = [wordsOf(asked).length, wordsOf(said).length];
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

function whole(response, body) {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

async function json(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
