package accounts

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// cost is what argon2id is told (RFC 9106, section 4, second recommendation).
type cost struct {
	passes  uint32
	memory  uint32 // KiB
	threads uint8
}

var usual = cost{passes: 3, memory: 64 << 10, threads: 4}

// One hash at a time: each takes 64 MiB.
var hashing = make(chan struct{}, 1)

// The length of passwords, in characters.
const (
	minPassword = 12
	maxPassword = 1024
)

// CheckPassword says why a password will not do, nil when it will.
func CheckPassword(name, password string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return fmt.Errorf("the password has %d characters; at least %d are wanted", n, minPassword)
	case n > maxPassword:
		return fmt.Errorf("the password has more than %d characters", maxPassword)
	case strings.EqualFold(password, name):
		return errors.New("the password is the name; choose another")
	case monotonous(password):
		return errors.New("the password repeats or counts; choose another, such as four words that do not belong together")
	}
	return nil
}

// monotonous reports whether a password has fewer than five different characters or is
// among the long ones that everybody tries first.
func monotonous(password string) bool {
	runes := []rune(strings.ToLower(password))
	slices.Sort(runes)
	if len(slices.Compact(runes)) < 5 {
		return true
	}
	return slices.Contains(tried, strings.ToLower(password))
}

// tried are passwords of twelve and more characters that guessers begin with.
var tried = []string{
	"123456789012", "1234567890123", "12345678901234", "123456789012345", "1234567890123456", "qwertyuiopas",
	"qwertyuiop123", "qwerty123456", "password1234", "password12345", "password123456", "passwordpassword",
	"administrator", "adminadminadmin", "letmeinletmein", "iloveyouiloveyou", "abcdefghijkl", "abcdefghijklm",
	"abc123abc123", "q1w2e3r4t5y6", "1q2w3e4r5t6y", "1qaz2wsx3edc", "zaq12wsxcde3", "welcome12345", "changemechangeme",
	"correcthorsebatterystaple",
}

// hash is what is kept of a password, in the PHC string format.
func (c cost) hash(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(c.key(password, salt)))
}

func (c cost) key(password string, salt []byte) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, 32)
}

// matches reports whether a password is the one of a hash.
func matches(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || len(password) > 4*maxPassword {
		return false
	}
	var c cost
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	return err == nil && keyErr == nil && subtle.ConstantTimeCompare(key, c.key(password, salt)) == 1
}
