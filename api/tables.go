package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
)

// ListTables is GET /tables.
func (s *server) ListTables(ctx context.Context, _ oapi.ListTablesRequestObject) (oapi.ListTablesResponseObject, error) {
	tables, err := s.engine.Tables(ctx, httpauth.ActorFrom(ctx))
	if err != nil {
		return nil, err
	}
	items := make([]oapi.Table, 0, len(tables))
	for _, t := range tables {
		v := oapi.Table{Table: t.Name.String(), Kind: tableKind(string(t.Kind)), TimeColumns: []string{}, Columns: []oapi.Column{}}
		if t.EstimatedRows >= 0 {
			v.EstimatedRows = &t.EstimatedRows
		}
		if t.Key != nil {
			v.Key = &t.Key.Columns
		}
		v.TimeColumns = append(v.TimeColumns, t.TimeColumns()...)
		for _, c := range t.Columns {
			v.Columns = append(v.Columns, oapi.Column{Name: c.Name, Type: c.Type, NotNull: c.NotNull, Generated: c.Generated})
		}
		items = append(items, v)
	}
	return oapi.ListTables200JSONResponse{Items: items}, nil
}

// tableKind spells out what the catalog has as a letter.
func tableKind(letter string) oapi.TableKind {
	switch letter {
	case "r":
		return oapi.TableKindTable
	case "p":
		return oapi.TableKindPartitionedTable
	case "v":
		return oapi.TableKindView
	case "m":
		return oapi.TableKindMaterializedView
	case "f":
		return oapi.TableKindForeignTable
	}
	return oapi.TableKindOther
}
