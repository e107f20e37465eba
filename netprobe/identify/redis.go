package identify

import (
	"regexp"
	"strings"

	"sonde"
)

// redisDetector knows RESP, the protocol of Redis and its kin
// (redis.io/docs/latest/develop/reference/protocol-spec).
var redisDetector = detector{
	name:  "redis",
	ports: []uint16{6379, 6380, 26379},
	knows: fits(`^(-(ERR (wrong number|unknown command|Protocol error)|NOAUTH|DENIED|LOADING|MISCONF|NOPERM)|\+PONG)[^\n]*\n`),
	ask:   askRedis,
}

var redisPong = regexp.MustCompile(`^(\+PONG|-(NOAUTH|DENIED|LOADING|MISCONF|NOPERM|BUSY|MASTERDOWN|ERR operation not permitted)\b.*)$`)

// redisMarks tell the kin apart by a line of INFO.
var redisMarks = []mark{
	{"Valkey", regexp.MustCompile(`(?m)^valkey_version:([\w.]+)`)},
	{"Dragonfly", regexp.MustCompile(`(?m)^dragonfly_version:df-v?([\w.]+)`)},
	{"KeyDB", regexp.MustCompile(`(?m)^keydb_version:([\w.]+)`)},
	{"Redis", regexp.MustCompile(`(?m)^redis_version:([\w.]+)`)},
}

var redisFact = regexp.MustCompile(`(?m)^(redis_mode|os):([^\r\n]+)`)

func askRedis(t *talk, s *sonde.Service) bool {
	t.say("PING\r\n")
	pong := t.line()
	if !redisPong.MatchString(pong) {
		return false
	}
	if pong != "+PONG" {
		tell(s, "refusal", strings.TrimPrefix(pong, "-"))
		return true
	}
	t.say("INFO server\r\n")
	info := t.line()
	if length, ok := strings.CutPrefix(info, "$"); ok {
		text := string(t.bytes(decimal(length)))
		marked(s, redisMarks, text)
		for _, found := range redisFact.FindAllStringSubmatch(text, 2) {
			tell(s, strings.TrimPrefix(found[1], "redis_"), found[2])
		}
	} else {
		tell(s, "refusal", strings.TrimPrefix(info, "-"))
	}
	return true
}
