// A page of another site, under the strictest policy that lets embeds be.
import { createServer } from "node:http";

/** What a page needs to allow of a gateway, and nothing else. */
export const policy = (gateway) => `default-src 'none'; script-src ${gateway}; connect-src ${gateway}; img-src ${gateway}; frame-src ${gateway}; require-trusted-types-for 'script'`;

/** Serves pages by their paths, each a function of the gateway's address. */
export async function host(gateway, pages) {
  const server = createServer((request, response) => {
    const body = pages[new URL(request.url, "http://host").pathname];
    response.writeHead(body ? 200 : 404, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy(gateway) });
    response.end(body ? `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A page of another site</title></head><body><main><h1>A page of another site</h1>${body(gateway)}</main></body></html>` : "");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { base: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) };
}
