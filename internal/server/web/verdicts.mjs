// Judges operations as graphql-js does: node verdicts.mjs SCHEMA, operations as
// JSON lines on stdin, a verdict as a JSON line for each on stdout. A verdict is
// whether the document and the variables are valid, and the arguments that each
// field is called with, by its path without the lists' indices.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { buildSchema, execute, GraphQLError, isAbstractType, isLeafType, isListType, isNonNullType, parse, specifiedRules, validate } from "graphql";
import { getVariableValues } from "graphql/execution/values.js";

const schema = buildSchema(readFileSync(process.argv[2], "utf8"));

// scalar reads values of a scalar that graphql-js does not know.
function scalar(name, kind, read) {
  const type = schema.getType(name);
  type.parseValue = (value) => read(value);
  type.parseLiteral = (node) => {
    if (node.kind !== kind) throw new GraphQLError(`not ${name}`);
    return read(kind === "IntValue" ? Number(node.value) : node.value);
  };
}

function text(pattern, normal) {
  return (value) => {
    if (typeof value !== "string" || !pattern.test(value) || Number.isNaN(Date.parse(value)) || normal(value) === undefined) throw new GraphQLError("not one");
    return normal(value);
  };
}

scalar("Date", "StringValue", text(/^\d{4}-\d\d-\d\d$/, (value) => {
  const day = new Date(value + "T00:00:00Z").toISOString().slice(0, 10); // February 30 is March
  return day === value && value >= "1970-01-01" && value <= "2149-06-06" ? value : undefined;
}));
scalar("DateTime", "StringValue", text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/, (value) => value));
scalar("Int64", "IntValue", (value) => {
  if (typeof value !== "number" || !Number.isInteger(value)) throw new GraphQLError("not a whole number");
  return value;
});

// some is a value of the type that every field can be asked of.
function some(type) {
  if (isNonNullType(type)) return some(type.ofType);
  if (isListType(type)) return [some(type.ofType)];
  if (isLeafType(type)) return null;
  return isAbstractType(type) ? { __typename: "Project" } : {};
}

// bare is a path without indices.
function bare(path) {
  const keys = [];
  for (let at = path; at; at = at.prev) if (typeof at.key === "string") keys.unshift(at.key);
  return keys.join("/");
}

function judge({ query, variables, operationName }) {
  let document;
  try {
    document = parse(query);
  } catch {
    return { document: false };
  }
  if (validate(schema, document, specifiedRules, { maxErrors: 1 }).length > 0) return { document: false };
  const operation = document.definitions.find((d) => d.kind === "OperationDefinition" && (!operationName || d.name?.value === operationName));
  if (getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}).errors) return { document: true, variables: false };
  const fields = {};
  const result = execute({
    schema, document, variableValues: variables, operationName, rootValue: {},
    fieldResolver: (_source, args, _context, info) => {
      if (Object.keys(info.parentType.getFields()[info.fieldName].args).length > 0) fields[bare(info.path)] = args;
      return some(info.returnType);
    },
  });
  for (const error of result.errors ?? []) {
    const at = (error.path ?? []).filter((key) => typeof key === "string").join("/");
    if (error.message.startsWith("Argument ")) fields[at] = "error";
  }
  return { document: true, variables: true, fields };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(judge(JSON.parse(line))));
}
