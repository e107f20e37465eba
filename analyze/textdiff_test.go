package analyze

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestCompareTexts(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{"a b c", "a b c", "=a =b =c"},
		{"", "a b", "+a +b"},
		{"a b", "", "-a -b"},
		{"a b c", "a x c", "=a -b +x =c"},
		{"a b c d e", "a c d f e", "=a -b =c =d +f =e"},
		{"a a a", "a a", "=a =a -a"},
	} {
		var got []string
		for _, e := range CompareTexts(strings.Fields(c.old), strings.Fields(c.new)) {
			got = append(got, map[EditOp]string{Keep: "=", Remove: "-", Insert: "+"}[e.Op]+e.Text)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("from %q to %q the edits are %q, want %q", c.old, c.new, got, c.want)
		}
	}
}

// TestCompareTextsIsShortest holds against a table of longest common subsequences that
// the edits make the one text from the other and are as few as can be.
func TestCompareTextsIsShortest(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	words := func() []string {
		list := make([]string, r.IntN(14))
		for i := range list {
			list[i] = string(rune('a' + r.IntN(4)))
		}
		return list
	}
	for range 2000 {
		old, new := words(), words()
		var left, right []string
		kept := 0
		for _, e := range CompareTexts(old, new) {
			if e.Op != Insert {
				left = append(left, e.Text)
			}
			if e.Op != Remove {
				right = append(right, e.Text)
			}
			if e.Op == Keep {
				kept++
			}
		}
		if !slices.Equal(left, old) || !slices.Equal(right, new) || kept != common(old, new) {
			t.Fatalf("from %q to %q: the edits join %q and %q and keep %d of %d", old, new, left, right, kept, common(old, new))
		}
	}
}

// common is the length of the longest common subsequence.
func common(a, b []string) int {
	table := make([][]int, len(a)+1)
	table[0] = make([]int, len(b)+1)
	for i := range a {
		table[i+1] = make([]int, len(b)+1)
		for j := range b {
			table[i+1][j+1] = max(table[i][j+1], table[i+1][j])
			if a[i] == b[j] {
				table[i+1][j+1] = table[i][j] + 1
			}
		}
	}
	return table[len(a)][len(b)]
}

// TestCompareTextsOfStrangers bounds the work over long texts that share only their ends.
func TestCompareTextsOfStrangers(t *testing.T) {
	var old, new []string
	for i := range 20_000 {
		old, new = append(old, "old "+string(rune(i+0x4000))), append(new, "new "+string(rune(i+0x4000)))
	}
	old, new = append(old, "end"), append(new, "end")
	edits := CompareTexts(old, new)
	if len(edits) != 40_001 || edits[0].Op != Remove || edits[40_000] != (Edit{Keep, "end"}) {
		t.Errorf("%d edits, the first %v, the last %v", len(edits), edits[0], edits[len(edits)-1])
	}
}
