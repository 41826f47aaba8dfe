package pypi

import (
	_ "embed"
	"encoding/json"
	"sync"
	"time"
)

// endOfLifeText has the days from which minor versions of Python get no fixes any
// more, as the release PEPs have them (160, 200, ..., 373, 429, 478, 494, 537, 569,
// 596, 619, 664, 693, 719, 745). The pages read the same file.
//
//go:embed endoflife.json
var endOfLifeText []byte

var endOfLife = sync.OnceValue(func() map[string]time.Time {
	var days map[string]string
	if err := json.Unmarshal(endOfLifeText, &days); err != nil {
		panic("read endoflife.json: " + err.Error())
	}
	ends := make(map[string]time.Time, len(days))
	for python, text := range days {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			panic("read endoflife.json: " + err.Error())
		}
		ends[python] = day
	}
	return ends
})

// EndOfLife is the day from which a minor version of Python gets no fixes any
// more; known is false where none has been set.
func EndOfLife(python string) (day time.Time, known bool) {
	day, known = endOfLife()[python]
	return day, known
}
