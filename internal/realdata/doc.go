// Package realdata runs policies over real databases that nobody wrote for this
// project, and compares with an answer sheet that PostgreSQL alone has made.
//
// It has tests only. They read ../shared/data, beside the repository, or the directory
// that HOLDFAST_TEST_DATA names: its README says what is there. Where the variable is
// not set and the directory is not there, they are skipped; .ci/run sets it, so that
// they cannot be skipped there. It owns no fixture that another package may use.
package realdata
