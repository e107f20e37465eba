package store

import (
	"fmt"
	"testing"

	"sonde"
)

func TestIDs(t *testing.T) {
	for _, n := range []int{0, 1, 2, 30, 1000, sonde.MaxIDs} {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprint("section-", i))
		}
		packed := packIDs(list)
		if most := 3 + 2*n + n/10; len(packed) > most {
			t.Errorf("%d ids take %d bytes, want %d at most", n, len(packed), most)
		}
		ids := UnpackIDs(packed)
		for _, id := range list {
			if !ids.Has(id) {
				t.Fatalf("of %d ids, %s is lost", n, id)
			}
		}
		if ids.Full() != (n == sonde.MaxIDs) {
			t.Errorf("%d ids: full is %t", n, ids.Full())
		}
		wrong := 0
		for i := range 100_000 {
			if ids.Has(fmt.Sprint("elsewhere-", i)) {
				wrong++
			}
		}
		if wrong > 60 { // 24 are to be expected
			t.Errorf("of 100,000 ids that are not among %d, %d are found", n, wrong)
		}
	}
	if packed := packIDs([]string{"twice", "twice"}); !UnpackIDs(packed).Has("twice") {
		t.Error("an id that stands twice is lost")
	}
}

func FuzzUnpackIDs(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(packIDs([]string{"a", "b", "c"}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 1})
	f.Fuzz(func(t *testing.T, packed []byte) {
		ids := UnpackIDs(packed)
		ids.Has("a")
		if len(ids.sums) > len(packed) {
			t.Errorf("%d ids from %d bytes", len(ids.sums), len(packed))
		}
	})
}
