import oneProject from "../../examples/1-project.graphql";
import drillDown from "../../examples/2-drill-down.graphql";
import ranking from "../../examples/3-ranking.graphql";

const examples = [oneProject, drillDown, ranking].map((query) => ({ query }));

/**
 * What the editor opens with: the query of the address (?query=…&variables=…),
 * which makes a request a link; otherwise what was open last, or the examples.
 */
export function opening(address) {
  const asked = new URLSearchParams(address);
  const query = asked.get("query");
  if (!query) return { defaultTabs: examples };
  const variables = asked.get("variables") ?? undefined;
  return {
    initialQuery: query,
    initialVariables: variables,
    defaultTabs: [{ query, variables }, ...examples],
  };
}
