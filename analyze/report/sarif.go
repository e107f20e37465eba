package report

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"sonde"
	"sonde/store"
)

// The parts of SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format") that are
// written. The numbers of the standard's sections stand beside them.
type (
	// sarifRule is a reportingDescriptor (3.49).
	sarifRule struct {
		ID       string      `json:"id"`
		Name     string      `json:"name"`
		Short    sarifText   `json:"shortDescription"`
		Full     sarifText   `json:"fullDescription"`
		Help     sarifText   `json:"help"`
		Defaults sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	// sarifResult is a result (3.27).
	sarifResult struct {
		Rule         string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Baseline     string             `json:"baselineState,omitempty"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
		Properties   map[string]any     `json:"properties"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification,omitempty"`
	}
)

// sarifLevels are the levels of SARIF (3.27.10) for our severities.
var sarifLevels = map[sonde.Severity]string{
	sonde.Critical: "error", sonde.High: "error", sonde.Medium: "warning", sonde.Low: "note", sonde.Info: "note",
}

// sarifStates are the baseline states of SARIF (3.27.24) for ours.
var sarifStates = map[sonde.IssueState]string{
	sonde.NewIssue: "new", sonde.OngoingIssue: "unchanged", sonde.RegressedIssue: "new", sonde.FixedIssue: "absent", sonde.MutedIssue: "unchanged",
}

// SARIF writes every issue of a run as SARIF 2.1.0, which code hosts and editors read. It
// is written as it is read, so that the number of issues does not matter.
func (r Report) SARIF(ctx context.Context, file *store.File, w io.Writer, version string) error {
	to := bufio.NewWriter(w)
	rules, index := r.sarifRules()
	head, err := json.Marshal(rules)
	if err != nil {
		return err
	}
	fmt.Fprintf(to, `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":{"name":"Sonde","semanticVersion":%q,"rules":%s}},`, version, head)
	invocation, err := json.Marshal([]map[string]any{{"executionSuccessful": r.Status == sonde.Finished, "startTimeUtc": r.StartedAt}})
	if err != nil {
		return err
	}
	fmt.Fprintf(to, `"invocations":%s,"columnKind":"utf16CodeUnits","results":[`, invocation)
	first := true
	err = file.Rows(ctx, everyIssue, store.Named{":run": r.Run}, func(row store.Row) error {
		b, err := json.Marshal(sarifOf(row, index))
		if !first {
			to.WriteByte(',')
		}
		first = false
		to.Write(b)
		return err
	})
	to.WriteString("]}]}\n")
	return cmp.Or(err, to.Flush())
}

func (r Report) sarifRules() (rules []sarifRule, index map[string]int) {
	rules, index = []sarifRule{}, map[string]int{}
	for _, rule := range r.Rules {
		index[rule.Name] = len(rules)
		rules = append(rules, sarifRule{
			ID: rule.Name, Name: rule.Name, Short: sarifText{rule.Title}, Full: sarifText{cmp.Or(rule.Why, rule.Title)}, Help: sarifText{cmp.Or(rule.Fix, rule.Title)},
			Defaults: sarifConfig{sarifLevels[rule.Severity]},
		})
	}
	return rules, index
}

const everyIssue = `
SELECT i.rule, i.title, i.severity, i.state, i.subject, coalesce(i.url, i.host, i.site), i.evidence, i.fingerprint, coalesce(i.mute_reason, '')
FROM issues_history i WHERE i.run_id = :run`

func sarifOf(row store.Row, index map[string]int) sarifResult {
	severity, state := sonde.Severity(row.Text(2)), sonde.IssueState(row.Text(3))
	subject, evidence := row.Text(5), Example{Evidence: row.Text(6)}
	s := sarifResult{
		Rule: row.Text(0), RuleIndex: index[row.Text(0)], Level: sarifLevels[severity], Baseline: sarifStates[state],
		Message:      sarifText{row.Text(1) + ": " + subject},
		Fingerprints: map[string]string{"sondeIssue/v1": row.Text(7)},
		Properties:   map[string]any{"severity": severity, "state": state, "evidence": json.RawMessage(evidence.Evidence)},
	}
	if words := evidence.InWords(); words != "" {
		s.Message.Text += " (" + words + ")"
	}
	if row.Text(4) == string(sonde.AboutPage) {
		s.Locations = []sarifLocation{{Physical: &sarifPhysical{sarifArtifact{subject}}}}
	} else {
		s.Locations = []sarifLocation{{Logical: []sarifLogical{{subject, "resource"}}}}
	}
	if state == sonde.MutedIssue {
		s.Suppressions = []sarifSuppression{{"external", row.Text(8)}}
	}
	return s
}
