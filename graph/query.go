package graph

// resolver roots the generated code's resolvers.
type resolver struct{}

// Query is where queries begin.
func (resolver) Query() QueryResolver { return queryResolver{} }

// queryResolver resolves the fields of Query, each in the file of its subject.
type queryResolver struct{}

// Subscription is where subscriptions begin.
func (resolver) Subscription() SubscriptionResolver { return subscriptionResolver{} }
