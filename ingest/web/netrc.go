package web

import (
	"os"
	"path/filepath"
	"strings"
)

// login is a machine's entry in a netrc file.
type login struct{ name, password string }

// netrcFile is where logins are: where NETRC says, or in the home folder.
func netrcFile() string {
	if file := os.Getenv("NETRC"); file != "" {
		return file
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".netrc")
}

// readNetrc reads the logins of a netrc file by machine; none where there is no file.
// The entry named default, which is for every machine there is, is passed over:
// a server that an index page leads to is no reason to be told a password.
func readNetrc(file string) map[string]login {
	logins := map[string]login{}
	content, err := os.ReadFile(file)
	if err != nil {
		return logins
	}
	machine, macro := "", false
	for line := range strings.Lines(string(content)) {
		if macro = macro && strings.TrimSpace(line) != ""; macro {
			continue
		}
		words := strings.Fields(line)
		for i := 0; i < len(words) && !strings.HasPrefix(words[i], "#"); i++ {
			value := ""
			if i+1 < len(words) {
				value = words[i+1]
			}
			l := logins[machine]
			switch words[i] {
			case "default":
				machine = ""
				continue
			case "macdef":
				macro = true
			case "machine":
				machine, l = strings.ToLower(value), logins[strings.ToLower(value)]
			case "login":
				l.name = value
			case "password":
				l.password = value
			}
			logins[machine] = l
			i++
		}
	}
	delete(logins, "")
	return logins
}
