package engine

// WhyMissed is for tests of its own: what it reads is hard to bring about.
var WhyMissed = whyMissed
