package robots

import (
	"slices"
	"testing"

	"sonde"
)

func TestTags(t *testing.T) {
	tag := func(agent, value string) sonde.RobotsMeta {
		return sonde.RobotsMeta{Agent: agent, Value: value, Header: true}
	}
	tests := []struct {
		header string
		want   []sonde.RobotsMeta
	}{
		{"", nil},
		{" , ,", nil},
		{"noindex", []sonde.RobotsMeta{tag("", "noindex")}},
		{"noindex,nofollow", []sonde.RobotsMeta{tag("", "noindex, nofollow")}},
		{"otherbot: none, nosnippet", []sonde.RobotsMeta{tag("otherbot", "none, nosnippet")}},
		{"OtherBot :noindex", []sonde.RobotsMeta{tag("OtherBot", "noindex")}},
		{"noindex, otherbot: none, a-b_2: nofollow", []sonde.RobotsMeta{tag("", "noindex"), tag("otherbot", "none"), tag("a-b_2", "nofollow")}},
		{"unavailable_after: 25 Jun 2027 15:00:00 PST", []sonde.RobotsMeta{tag("", "unavailable_after: 25 Jun 2027 15:00:00 PST")}},
		{"otherbot: unavailable_after: Friday, 25-Jun-27 15:00:00 PST", []sonde.RobotsMeta{tag("otherbot", "unavailable_after: Friday, 25-Jun-27 15:00:00 PST")}},
		{"Max-Snippet: -1, max-image-preview:large, max-video-preview: 10", []sonde.RobotsMeta{tag("", "Max-Snippet: -1, max-image-preview:large, max-video-preview: 10")}},
		{"otherbot:, noindex", []sonde.RobotsMeta{tag("otherbot", "noindex")}},
		{"*: noindex", []sonde.RobotsMeta{tag("*", "noindex")}},
		{": noindex", []sonde.RobotsMeta{tag("", ": noindex")}},
		{"2027-06-25T15:00:00Z", []sonde.RobotsMeta{tag("", "2027-06-25T15:00:00Z")}},
	}
	for _, test := range tests {
		if got := Tags(test.header); !slices.Equal(got, test.want) {
			t.Errorf("Tags(%q) = %+v, want %+v", test.header, got, test.want)
		}
	}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name  string
		metas []sonde.RobotsMeta
		want  Verdict
	}{
		{"nothing", nil, Verdict{}},
		{"all, index, follow", []sonde.RobotsMeta{{Value: "all, index, follow"}}, Verdict{}},
		{"noindex", []sonde.RobotsMeta{{Value: "NoIndex"}}, Verdict{NoIndex: true}},
		{"nofollow", []sonde.RobotsMeta{{Value: "nosnippet, nofollow"}}, Verdict{NoFollow: true}},
		{"none", []sonde.RobotsMeta{{Value: "none"}}, Verdict{true, true}},
		{"other separators", []sonde.RobotsMeta{{Value: "noindex;nofollow"}}, Verdict{true, true}},
		{"spaces", []sonde.RobotsMeta{{Value: "noindex nofollow"}}, Verdict{true, true}},
		{"pictures", []sonde.RobotsMeta{{Value: "max-image-preview:none, max-snippet: 0"}}, Verdict{}},
		{"pictures, spaced", []sonde.RobotsMeta{{Value: "max-image-preview: none"}}, Verdict{}},
		{"a part of a word", []sonde.RobotsMeta{{Value: "noindexing, nonesuch"}}, Verdict{}},
		{"another's", []sonde.RobotsMeta{{Agent: "otherbot", Value: "none"}}, Verdict{}},
		{"ours", []sonde.RobotsMeta{{Agent: "sonde", Value: "noindex"}}, Verdict{NoIndex: true}},
		{"everyone's by name", []sonde.RobotsMeta{{Agent: "*", Value: "noindex"}}, Verdict{NoIndex: true}},
		{"they add up", []sonde.RobotsMeta{{Value: "noindex"}, {Agent: "SONDE", Value: "index, nofollow"}}, Verdict{true, true}},
	}
	for _, test := range tests {
		if got := Judge(test.metas, "Sonde"); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// H16: several headers, some of them another robot's.
func TestTagsJudged(t *testing.T) {
	var metas []sonde.RobotsMeta
	for _, header := range []string{"otherbot: none", "nofollow, unavailable_after: 25 Jun 2027 15:00:00 PST", "Sonde: noarchive, otherbot: noindex"} {
		metas = append(metas, Tags(header)...)
	}
	if got := Judge(metas, "Sonde"); got != (Verdict{NoFollow: true}) {
		t.Errorf("got %+v", got)
	}
}
