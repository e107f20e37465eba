package analyze

import "slices"

// Edit is a piece of two texts as they are laid beside each other.
type Edit struct {
	Op   EditOp `json:"op"`
	Text string `json:"text"` // a paragraph
}

// EditOp says which of two texts has a piece.
type EditOp string

// The operations that make the new text from the old.
const (
	Keep   EditOp = "keep"
	Remove EditOp = "remove"
	Insert EditOp = "insert"
)

// maxEdits bounds the work over two texts that have little in common: beyond so many
// differences what is between the parts that are equal at both ends is told as removed
// and inserted whole.
const maxEdits = 1000

// CompareTexts lays two texts beside each other, paragraph by paragraph, with as few
// differences as there can be (Myers, "An O(ND) difference algorithm and its variations",
// 1986).
func CompareTexts(old, new []string) []Edit {
	head := 0
	for head < len(old) && head < len(new) && old[head] == new[head] {
		head++
	}
	tail := 0
	for tail < len(old)-head && tail < len(new)-head && old[len(old)-1-tail] == new[len(new)-1-tail] {
		tail++
	}
	edits := every(Keep, old[:head])
	edits = append(edits, shortest(old[head:len(old)-tail], new[head:len(new)-tail])...)
	return append(edits, every(Keep, old[len(old)-tail:])...)
}

func every(op EditOp, texts []string) []Edit {
	edits := make([]Edit, len(texts))
	for i, text := range texts {
		edits[i] = Edit{op, text}
	}
	return edits
}

// shortest finds the way from old to new with the fewest edits. reach[k] is how far into
// old a way gets whose removals outnumber its insertions by k.
func shortest(old, new []string) []Edit {
	most := min(len(old)+len(new), maxEdits)
	reach := make([]int, 2*most+3)
	middle := most + 1
	var before [][]int // reach before each number of edits
	for d := 0; d <= most; d++ {
		before = append(before, slices.Clone(reach[middle-d:middle+d+1]))
		for k := -d; k <= d; k += 2 {
			x := reach[middle+k-1] + 1 // a removal
			if k == -d || k != d && reach[middle+k-1] < reach[middle+k+1] {
				x = reach[middle+k+1] // an insertion
			}
			for x < len(old) && x-k < len(new) && old[x] == new[x-k] {
				x++
			}
			reach[middle+k] = x
			if x >= len(old) && x-k >= len(new) {
				return walk(old, new, before)
			}
		}
	}
	return append(every(Remove, old), every(Insert, new)...)
}

// walk goes back from the end over the edits that led there.
func walk(old, new []string, before [][]int) []Edit {
	var edits []Edit
	x, y := len(old), len(new)
	for d := len(before) - 1; d > 0; d-- {
		reach := func(k int) int { return before[d][k+d] }
		k := x - y
		from, op := k-1, Remove
		if k == -d || k != d && reach(k-1) < reach(k+1) {
			from, op = k+1, Insert
		}
		fromX, fromY := reach(from), reach(from)-from
		for ; x > fromX && y > fromY; x, y = x-1, y-1 {
			edits = append(edits, Edit{Keep, old[x-1]})
		}
		if op == Insert {
			edits = append(edits, Edit{op, new[fromY]})
		} else {
			edits = append(edits, Edit{op, old[fromX]})
		}
		x, y = fromX, fromY
	}
	for ; x > 0; x-- {
		edits = append(edits, Edit{Keep, old[x-1]})
	}
	slices.Reverse(edits)
	return edits
}
