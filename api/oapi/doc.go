// Package oapi holds what oapi-codegen makes from openapi.yaml: the types of the
// contract, the routes on chi and the strict server interface that package api
// implements. Nothing in it is written by hand but this comment, and it imports
// nothing of ours; only package api calls it.
package oapi

//go:generate sh -c "cd ../.. && go tool -modfile=tools/oapi.mod oapi-codegen -config api/oapi/config.yaml openapi.yaml"
