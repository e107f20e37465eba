package store

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"sonde"
)

// IDs are the ids of a page that fragments of URLs can point to, as _facts.fragments
// keeps them: for n ids, n sums from 0 to below n * idsSpread, sorted, of which the
// number and then each distance from the one before is written as a varint. That takes
// two bytes an id, and takes one of idsSpread ids that are not there for one that is, on
// short pages and long ones alike. The zero value has none.
type IDs struct{ sums []uint64 }

// idsSpread is how many places there are for each id.
const idsSpread = 1 << 12

func packIDs(ids []string) []byte {
	sums := make([]uint64, len(ids))
	for i, id := range ids {
		sums[i] = idSum(id, len(ids))
	}
	slices.Sort(sums)
	packed := binary.AppendUvarint(make([]byte, 0, 3+2*len(sums)), uint64(len(sums)))
	last := uint64(0)
	for _, sum := range sums {
		packed = binary.AppendUvarint(packed, sum-last)
		last = sum
	}
	return packed
}

// UnpackIDs reads the ids of a page. What was not written by Sonde may give any ids.
func UnpackIDs(packed []byte) IDs {
	n, size := binary.Uvarint(packed)
	if size <= 0 || n > uint64(len(packed)) {
		return IDs{}
	}
	packed = packed[size:]
	sums := make([]uint64, 0, n)
	last := uint64(0)
	for range n {
		step, size := binary.Uvarint(packed)
		if size <= 0 {
			return IDs{}
		}
		packed = packed[size:]
		last += step
		sums = append(sums, last)
	}
	return IDs{sums}
}

// Has reports whether the page has an id.
func (ids IDs) Has(id string) bool {
	_, found := slices.BinarySearch(ids.sums, idSum(id, len(ids.sums)))
	return found
}

// Full reports whether the page may have more ids than were kept.
func (ids IDs) Full() bool { return len(ids.sums) >= sonde.MaxIDs }

// idSum is the sum of one of n ids: FNV-1a of 64 bits, its bits mixed, scaled down to
// below n * idsSpread.
func idSum(id string, n int) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	sum, _ := bits.Mul64(h^h>>33, uint64(n)*idsSpread)
	return sum
}
