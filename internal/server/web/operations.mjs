// The pages' operations: GraphQL Code Generator writes their types into
// src/site/gql, and their texts by hash.
import { generate } from "@graphql-codegen/cli";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const out = "src/site/gql";

/** Generates the types; gives every document's text by its hash. */
export async function operations(here) {
  await generate(
    {
      cwd: here,
      silent: true,
      schema: join(here, "../../../schema.graphqls"),
      documents: ["src/site/**/*.tsx", "src/embed/*.graphql", "!src/site/gql/**"],
      generates: {
        [`${out}/`]: {
          preset: "client",
          presetConfig: { fragmentMasking: false, persistedDocuments: { mode: "replaceDocumentWithHash", hashAlgorithm: "sha256" } },
          config: {
            documentMode: "string",
            enumsAsTypes: true,
            strictScalars: true,
            scalars: { Date: "string", DateTime: "string", Int64: "number" },
          },
        },
      },
    },
    true,
  );
  return JSON.parse(await readFile(join(here, out, "persisted-documents.json"), "utf8"));
}

/** Puts the generated document in the place of each graphql`…` call: the bundle carries hashes and no texts. */
export const documents = {
  name: "documents",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\]site[/\\].*\.tsx$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text
        .replace(/graphql\(\s*`\s*(query|fragment) (\w+)[^`]*`,?\s*\)/g, (_, kind, name) => `__documents.${name.replace(/Page$/, "Page")}${kind === "query" ? "Document" : "FragmentDoc"}`)
        .replace(/import \{ graphql \} from "[^"]*\/gql";/, (line) => `import * as __documents from ${line.match(/"([^"]*)"/)[0].replace(/\/gql"$/, '/gql/graphql"')};`);
      return { contents, loader: "tsx" };
    });
  },
};
