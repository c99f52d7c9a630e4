package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/go-chi/chi/v5"
)

// contract is openapi.yaml by method and path, such as `GET /api/v1/policies/{name}`.
type contract map[string]*operation

// operation is what the contract says about one route.
type operation struct {
	id     string
	route  *routers.Route
	params openapi3.Parameters
	// body is nil for a route that takes none.
	body *openapi3.RequestBody
}

// loadContract reads the document. It is part of the program: that it is valid is for a
// test, and not for each start.
func loadContract(doc []byte) (contract, error) {
	t, err := openapi3.NewLoader().LoadFromData(doc)
	if err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	c := contract{}
	for path, item := range t.Paths.Map() {
		for method, op := range item.Operations() {
			o := &operation{
				id:     op.OperationID,
				route:  &routers.Route{Spec: t, Path: path, PathItem: item, Method: method, Operation: op},
				params: slices.Concat(item.Parameters, op.Parameters),
			}
			if op.RequestBody != nil {
				o.body = op.RequestBody.Value
			}
			c[method+" "+path] = o
		}
	}
	return c, nil
}

// of is the operation of a request that the router has matched.
func (c contract) of(r *http.Request) (*operation, error) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	key := method + " " + chi.RouteContext(r.Context()).RoutePattern()
	op, ok := c[key]
	if !ok {
		return nil, fmt.Errorf("openapi.yaml has no %s", key)
	}
	return op, nil
}

// param is a parameter of the operation by name; nil if it has none of that name.
func (o *operation) param(in, name string) *openapi3.Parameter {
	return o.params.GetByInAndName(in, name)
}

// mediaTypes are those that the body may have, JSON first.
func (o *operation) mediaTypes() []string {
	types := make([]string, 0, len(o.body.Content))
	for mediaType := range o.body.Content {
		types = append(types, mediaType)
	}
	slices.SortFunc(types, strings.Compare)
	return types
}

// schema is that of the body; every media type of a route has the same.
func (o *operation) schema() *openapi3.Schema {
	return o.body.Content[mediaJSON].Schema.Value
}

// idempotent tells whether the operation takes an Idempotency-Key.
func (o *operation) idempotent() bool {
	return o.param(openapi3.ParameterInHeader, idempotencyKey) != nil
}
