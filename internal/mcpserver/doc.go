// Package mcpserver offers the gateway to language models, over the Model Context
// Protocol: tools that search, sum a project up, run any GraphQL operation, show
// the schema by topic and draw charts.
//
// A tool asks the gateway over HTTP within the process, in the context of the
// request that it was called in: limits, keys, quotas, caches and the log know
// nothing of tools. A message is one request, whatever its tool asks. What a tool
// adds are descriptions that a model can work by, and a bound on how long an answer
// it is handed.
//
// Over HTTP each message stands alone: no session is kept, nothing is streamed, and
// a message that arrives is answered in its response (Service.Handler). Over
// standard input and output (Service.Run) the caller is the process's own user.
package mcpserver
