package api

import (
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/engine"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

func TestTheRoutesAreThoseOfTheContract(t *testing.T) {
	e := engine.New(nil, nil, engine.Options{})
	router, err := newRouter(e, httpauth.New(e, nil, httpauth.Options{}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var served []string
	err = chi.Walk(router, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served = append(served, method+" "+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := loadContract(holdfast.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	var promised []string
	for key := range spec {
		promised = append(promised, key)
	}
	slices.Sort(served)
	slices.Sort(promised)
	if diff := cmp.Diff(promised, served); diff != "" {
		t.Errorf("promised and served differ (-openapi.yaml +router):\n%s", diff)
	}
}

func TestTheContractIsAValidDocument(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(holdfast.OpenAPI)
	if err == nil {
		err = doc.Validate(t.Context())
	}
	if err != nil {
		t.Error(err)
	}
}

// An answer with a word that the contract does not list breaks whoever generates a client
// from it.
func TestTheWordsOfTheContractAreThoseOfTheDomain(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(holdfast.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	schemas := doc.Components.Schemas
	column := schemas["ColumnCoverage"].Value.Properties
	for name, c := range map[string]struct {
		contract *openapi3.SchemaRef
		domain   []string
	}{
		"coverage state": {schemas["CoverageState"], texts(retention.CoverageStates())},
		"enforcement":    {schemas["Enforcement"], texts(retention.Enforcements())},
		"personal kind":  {column["looks"], texts(retention.PersonalKinds())},
		"personal sign":  {column["looks_by"], texts(retention.PersonalSigns())},
	} {
		var listed []string
		for _, v := range c.contract.Value.Enum {
			if s, ok := v.(string); ok {
				listed = append(listed, s)
			}
		}
		if diff := cmp.Diff(c.domain, listed); diff != "" {
			t.Errorf("%s (-domain +contract):\n%s", name, diff)
		}
	}
}

func texts[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// Every POST answered with 201 creates, and so does requesting a run or a restore.
func TestWhateverCreatesTakesAnIdempotencyKey(t *testing.T) {
	spec, err := loadContract(holdfast.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for key, op := range spec {
		creates := op.route.Method == http.MethodPost && (op.route.Operation.Responses.Value("201") != nil || op.id == "requestRun" || op.id == "requestRestore")
		if op.idempotent() != creates {
			t.Errorf("%s: takes a key: %t, creates: %t", key, op.idempotent(), creates)
		}
	}
}

// What can be edited answers with the ETag that the edit wants.
func TestWhateverIsEditedHasAnETag(t *testing.T) {
	spec, err := loadContract(holdfast.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for key, op := range spec {
		if op.param("header", "If-Match") == nil {
			continue
		}
		get := spec["GET "+op.route.Path]
		if get == nil || get.route.Operation.Responses.Value("200").Value.Headers["ETag"] == nil {
			t.Errorf("%s wants If-Match, and GET answers without an ETag", key)
		}
	}
}
