// Pages of another site, under the strictest policy that lets embeds be.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

/** What a page needs to allow of a gateway, and nothing else. */
export const policy = (gateway) => `default-src 'none'; script-src ${gateway}; connect-src ${gateway}; img-src ${gateway}; frame-src ${gateway}; require-trusted-types-for 'script'`;

/** Serves pages by their paths, each a function of the gateway's address. */
export async function host(gateway, pages, headers = {}) {
  const server = createServer((request, response) => {
    const body = pages[new URL(request.url, "http://host").pathname];
    response.writeHead(body ? 200 : 404, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy(gateway), ...headers });
    response.end(body ? `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A page of another site</title></head><body><main><h1>A page of another site</h1>${body(gateway)}</main></body></html>` : "");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { base: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) };
}

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json" };

/** Serves a folder that another tool has made, under a policy of its own. */
export async function folder(root, headers = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://host").pathname));
    const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
    const text = await readFile(file).catch(() => undefined);
    response.writeHead(text ? 200 : 404, { "Content-Type": types[extname(file)] ?? "application/octet-stream", ...headers });
    response.end(text);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { base: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) };
}
