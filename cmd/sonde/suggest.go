package main

import (
	"fmt"
	"strings"
)

// didYouMean names the word that comes nearest to a misspelt one, as the end of a
// sentence; "" where none is near.
func didYouMean(misspelt string, words []string) string {
	if near := nearest(misspelt, words); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	return ""
}

// nearest is the word that takes the fewest changes to get from misspelt, if it
// takes few for its length, or that begins with it.
func nearest(misspelt string, words []string) string {
	typed := strings.ToLower(misspelt)
	best, fewest := "", max(1, len(typed)/3)+1
	for _, word := range words {
		if d := distance(typed, strings.ToLower(word)); d < fewest {
			best, fewest = word, d
		}
	}
	if best != "" || len(typed) < 2 {
		return best
	}
	for _, word := range words {
		if strings.HasPrefix(strings.ToLower(word), typed) {
			return word
		}
	}
	return ""
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
