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
import { opening } from "./tabs.js";

const send = createGraphiQLFetcher({ url: new URL("graphql", document.baseURI).href });
const plugins = [explorerPlugin(), HISTORY_PLUGIN];

/** Sends a request, with the wish for an explanation where the reader has it. */
function fetcher(params, options) {
  const introspects = params.operationName === "IntrospectionQuery";
  return send(explaining() && !introspects ? { ...params, extensions: { explain: true } } : params, options);
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
