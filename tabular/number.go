package tabular

import (
	"math"
	"strconv"
)

// appendFloat appends a finite number in the shortest form that reads back as the
// same float64, always with a point or an exponent, so that it stays a float.
// Infinities are spelled as SQLite's shell spells them, Inf and -Inf.
func appendFloat(b []byte, f float64) []byte {
	if math.IsInf(f, 0) {
		if f < 0 {
			b = append(b, '-')
		}
		return append(b, "Inf"...)
	}
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e15) {
		return strconv.AppendFloat(b, f, 'e', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'f', -1, 64)
	if f == math.Trunc(f) {
		b = append(b, '.', '0')
	}
	return b
}

const hexDigits = "0123456789abcdef"

// appendHex appends bytes as lower-case hexadecimal.
func appendHex(b, data []byte) []byte {
	for _, c := range data {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}
