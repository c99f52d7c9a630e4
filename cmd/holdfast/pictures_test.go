package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var pagesAt = regexp.MustCompile(`The pages are at (http://\S+)\s+Sign in as (\S+) with the password: (.+)`)

// TestDemoShowsItsRunInTheBrowser starts the demo as a person does, signs in with what
// it prints, and looks at the overview and at the run. With HOLDFAST_PICTURES it leaves
// the README's two pictures in that folder.
func TestDemoShowsItsRunInTheBrowser(t *testing.T) {
	t.Parallel()
	base, email, password := startDemo(t)
	b := newBrowser(t)
	b.open(base + "/")
	b.wait(`document.readyState === "complete"`)
	b.do("sign in", fmt.Sprintf(`(() => { const f = document.querySelector("form[action='/sign-in'], main form"); f.email.value = %q; f.password.value = %q; f.requestSubmit() })()`, email, password))
	b.wait(`location.pathname === "/" && (document.querySelector(".answer") || {innerText: ""}).innerText.includes("Nothing is overdue")`)
	b.picture("dashboard")
	// The answer stands at the top: the runs below it may not have arrived yet.
	const run = `document.querySelector("main a[href^='/runs/']:not([href='/runs/new'])")`
	b.wait(`!!` + run)
	b.do("follow the run", run+`.click()`)
	b.wait(`location.pathname.startsWith("/runs/") && (document.querySelector(".answer") || {innerText: ""}).innerText.startsWith("Disposed of")`)
	b.wait(`document.querySelector(".answer").innerText.includes("290 held")`)
	b.picture("run")
}

// startDemo runs `holdfast demo` in a process of its own until the test ends.
func startDemo(t *testing.T) (base, email, password string) {
	t.Helper()
	// It is interrupted in the end, as by Ctrl-C, so that it throws its database away.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], "demo")
	cmd.Env = append(os.Environ(), envMain+"=1", "HOLDFAST_LISTEN=127.0.0.1:0", "HOLDFAST_PUBLIC_URL=")
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(cmd.Process.Signal(syscall.SIGINT), cmd.Wait()); err != nil {
			t.Errorf("the demo ended with %v:\n%s", err, out)
		}
	})
	(&service{t: t}).await(func() bool { return pagesAt.MatchString(out.String()) }, func() string { return "the demo shows no pages:\n" + out.String() })
	m := pagesAt.FindStringSubmatch(out.String())
	return m[1], m[2], strings.TrimSpace(m[3])
}

// browser is a headless Chromium of one test.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(
		chromedp.NoSandbox, chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true)))
	t.Cleanup(cancel)
	wide := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := chromedp.EmulateViewport(1440, 1200)(ctx, t); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}},
		})
		return err
	})
	if err := chromedp.Do(ctx, wide); err != nil {
		t.Fatalf("start the browser (`make test` installs chromium): %v", err)
	}
	return &browser{t: t, ctx: ctx}
}

func (b *browser) open(url string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(url)); err != nil {
		b.t.Fatalf("open %s: %v", url, err)
	}
}

func (b *browser) do(what, script string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](script)); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// wait waits until the expression is true. Navigations in between are no failure.
func (b *browser) wait(expression string) {
	b.t.Helper()
	(&service{t: b.t}).await(func() bool {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
		return err == nil && ok
	}, func() string {
		here, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
		return fmt.Sprintf("never true: %s; the page is %s (%v)", expression, here, err)
	})
}

// picture keeps what a window shows of the page as a file, if a folder was asked for.
func (b *browser) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("HOLDFAST_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Fatalf("picture %s: %v", name, err)
	}
}
