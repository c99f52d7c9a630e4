package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"

	"holdfast/retention"
)

// sendList posts the form with a file; without a name for one without.
func (s *testSite) sendList(path, list string, fields map[string]string) answer {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			s.t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("list", "list.csv")
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := file.Write([]byte(list)); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.send(r)
}

func TestAListOfRecordsIsSentToAHoldAndReportedByLine(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	awaitsList(s.store)
	page := s.get("/holds/0195-new")
	wantText(t, page, ".answer", "a list of records of public.orders that is still to come")
	a := s.sendList("/holds/0195-new/records", "id\n4711\n4712\nn/a\n4711\n9999\n", map[string]string{"table": "public.orders"})
	wantCode(t, a, http.StatusOK)
	wantText(t, a, ".answer", "3 records of public.orders were added to the hold. They are in force.")
	wantText(t, a, "#bad-lines", "Lines that are no ids")
	if h, err := s.store.find("0195-new"); err != nil || h.Status != retention.HoldActive {
		t.Errorf("the hold is %v, want it in force", h)
	}
	wantCode(t, s.sendList("/holds/0195-new/records", "1\n", nil), http.StatusUnprocessableEntity)
	wantCode(t, s.sendList("/holds/0195-new/records", "1\n", map[string]string{"table": "a.b.c.d"}), http.StatusUnprocessableEntity)
	wantCode(t, s.post("/holds/0195-new/records", nil), http.StatusUnprocessableEntity)
}
