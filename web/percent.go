package web

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

var hundred = big.NewRat(100, 1)

// percentOf writes a share as a percentage, and shareOf reads one. They move the decimal
// point: by way of a binary fraction 7 % would be shown as 7.000000000000001.
func percentOf(share float64) string {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(share, 'f', -1, 64))
	if !ok {
		return strconv.FormatFloat(share*100, 'f', -1, 64)
	}
	f, _ := r.Mul(r, hundred).Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func shareOf(percent string) (float64, error) {
	text := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(percent), "%"))
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return 0, err
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || r.Sign() < 0 || r.Cmp(hundred) > 0 {
		return 0, errors.New("not from 0 to 100")
	}
	f, _ := r.Quo(r, hundred).Float64()
	return f, nil
}
