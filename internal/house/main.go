package main

import (
	"fmt"
	"os"
	"text/tabwriter"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	rooms, err := readTree(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(1)
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "package\tfiles\tcode\treferences\tper file\tback\tnames\tlongest function")
	files, code := 0, 0
	for _, r := range rooms {
		files += len(r.files)
		code += r.code()
		names := r.references()
		references := names.pairs()
		longest := r.longest()
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%.1f\t%.0f %%\t%d\t%d %s\n", r.path, len(r.files), r.code(), references.names(),
			names.perFile(), 100*references.back(), names.names(), longest.lines, longest.name)
	}
	fmt.Fprintf(out, "all\t%d\t%d\n", files, code)
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(1)
	}
}
