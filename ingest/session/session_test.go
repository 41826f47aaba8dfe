package session

import (
	"testing"
)

// TestEpochOfQuery tells the statements of one database from those of another
// whose name goes on.
func TestEpochOfQuery(t *testing.T) {
	s := New(nil, "", nil).Of("my-db-00000001", 7)
	if epoch, ok := EpochOfQuery("my-db-00000001", s.nextID()); !ok || epoch != 7 {
		t.Errorf("epoch %d, %v", epoch, ok)
	}
	if _, ok := EpochOfQuery("my-db", s.nextID()); ok {
		t.Error("a statement for my-db-00000001 is taken for one for my-db")
	}
}
