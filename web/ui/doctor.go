package ui

// DoctorView is what hurts the policies.
type DoctorView struct {
	Head     Head
	AsOf     Time
	Findings []Finding
}

// Finding is one thing that hurts, with what mends it.
type Finding struct {
	State             Pill
	About, Href       string
	Says, Remedy, SQL string
}
