import "./workers.js";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./playground.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { ExplainButton, explaining } from "./explain.jsx";
import { subscribe, subscribes } from "./subscribe.js";
import { opening } from "./tabs.js";

const url = new URL("graphql", document.baseURI).href;
const send = createGraphiQLFetcher({ url });
const plugins = [explorerPlugin(), HISTORY_PLUGIN];

/** Sends a request, with the wish for an explanation where the reader has it. */
function fetcher(params, options) {
  const request = { ...params };
  if (!names(request.query, request.operationName)) delete request.operationName;
  if (subscribes(request)) return subscribe(url, request, options?.headers);
  if (explaining() && request.operationName !== "IntrospectionQuery") request.extensions = { explain: true };
  return send(request, options);
}

/**
 * Whether the document has an operation of that name. For a moment after a
 * change of tabs the editor still gives the name of the one before.
 */
function names(document, operation) {
  return new RegExp(`\\b(query|mutation|subscription)\\s+${operation}\\b`).test(document);
}

function Playground() {
  return (
    <GraphiQL fetcher={fetcher} plugins={plugins} {...opening(location.search)}>
      <GraphiQL.Logo>
        <a className="wordmark" href="schema.graphql" title="The schema, as text">
          Click<em>QL</em>
        </a>
      </GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, merge, copy }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <ExplainButton />
          </>
        )}
      </GraphiQL.Toolbar>
    </GraphiQL>
  );
}

createRoot(document.getElementById("playground")).render(<Playground />);
