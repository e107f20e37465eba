package wire

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A transfer is a line of JSON that offers a file, a line that says from where on it is
// wanted, the bytes from there, and a line that says what became of it:
//
//	> {"sonde":1,"name":"a.iso","size":4096,"sha256":"9f86d0…"}
//	< {"from":1024}
//	> …3072 bytes…
//	< {"done":true}
//
// In place of either answer {"error":"…"} may come, in words.

// transferVersion is the version of this protocol.
const transferVersion = 1

// maxTransferLine bounds its lines, in bytes.
const maxTransferLine = 4_096

// offer is what a sender says of its file.
type offer struct {
	Version int    `json:"sonde"`
	Name    string `json:"name"`
	Size    int64  `json:"size"`
	SHA256  string `json:"sha256"`
}

// answer is what a receiver says.
type answer struct {
	From  int64  `json:"from,omitempty"` // the bytes that it has already
	Done  bool   `json:"done,omitempty"`
	Error string `json:"error,omitempty"`
}

// parseOffer reads an offer and holds that a receiver can take it.
func parseOffer(line []byte) (offer, error) {
	var o offer
	if err := json.Unmarshal(line, &o); err != nil {
		return o, errors.New("what comes is no offer of a file")
	}
	sum, err := hex.DecodeString(o.SHA256)
	switch {
	case o.Version != transferVersion:
		return o, fmt.Errorf("the offer is of version %d, and only %d is understood", o.Version, transferVersion)
	case err != nil || len(sum) != sha256.Size:
		return o, errors.New("the offer tells no SHA-256")
	case o.Size < 0:
		return o, errors.New("the offer tells no size")
	}
	o.SHA256 = hex.EncodeToString(sum)
	return o, checkFileName(o.Name)
}

// checkFileName says why a name that a stranger gives a file cannot be taken: it is to be
// the name of a plain file in the directory, and of nothing that programs read unasked.
func checkFileName(name string) error {
	odd := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || strings.ContainsRune(`/\:*?"<>|`, r)
	}
	switch {
	case name == "" || len(name) > 255 || !utf8.ValidString(name):
		return errors.New("the name of the file is empty, too long or not UTF-8")
	case strings.HasPrefix(name, "."):
		return fmt.Errorf("the name %q begins with a dot; files of such names are not taken from others", name)
	case strings.ContainsFunc(name, odd):
		return fmt.Errorf("the name %q holds a character that leads elsewhere or that not every system takes", name)
	case strings.TrimRight(name, ". ") != name:
		return fmt.Errorf("the name %q ends in a dot or space", name)
	}
	return nil
}

// writeLine writes a line of the protocol.
func writeLine(w io.Writer, content any) error {
	line, err := json.Marshal(content)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// readTransferLine reads a line of the protocol, from a reader of maxTransferLine bytes.
func readTransferLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("what comes is longer than any line of a transfer, %d bytes", maxTransferLine)
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	}
	return bytes.TrimSpace(line), err
}

// readAnswer reads what the receiver says. What it says as an error is one.
func readAnswer(r *bufio.Reader) (answer, error) {
	var a answer
	line, err := readTransferLine(r)
	if err != nil {
		return a, fmt.Errorf("waiting for the receiver: %w", err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, errors.New("waiting for the receiver: what answers is none (sonde recv)")
	}
	if a.Error != "" {
		return a, &RejectedError{clean(a.Error)}
	}
	return a, nil
}

// RejectedError says that the receiver does not take the file, or not as it came.
type RejectedError struct{ Why string }

func (e *RejectedError) Error() string { return "the receiver says: " + e.Why }
