// Audits a server against GraphQL over HTTP: node audit.mjs http://host/graphql
// prints what is not as the audits have it, one line each, and the count.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
for (const r of results.filter((r) => r.status !== "ok")) {
  console.log(`${r.status} ${r.id} ${r.name}: ${r.reason}`);
}
console.log(`${results.filter((r) => r.status === "ok").length} of ${results.length}`);
