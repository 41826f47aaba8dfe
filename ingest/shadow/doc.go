// Package shadow keeps a second set of tables beside the live ones, with a ledger of its
// own, loaded from another source or with other views; it is compared by days, and
// promoted in place of the live ones or dropped.
package shadow
