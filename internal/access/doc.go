// Package access knows who asks the gateway, and what each may.
//
//	Gate      finds out who asks: the holder of a key, or whoever comes from an
//	          address (gate.go, address.go)
//	Keyring   the keys of a file, which is read again when it changes (keyring.go);
//	          commands add and revoke them (keyfile.go, key.go)
//	Limits    what a client may do in which time (limits.go, rate.go)
//	Client    one who asks, with what is left of their limits (client.go, account.go)
//	Origins   the sites whose pages may ask (origins.go)
//
// Every gateway counts for itself: behind a balancer a client may have the limits
// as often as there are gateways.
package access
