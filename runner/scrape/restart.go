package scrape

// Leave reads a component for the last time before it is ended on purpose. Until Follow nobody
// asks it, so that its absence is no trouble.
func (s *Scraper) Leave(component string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, t := range s.targets {
		if t.Component == component && !t.away {
			s.read(t)
			t.away = true
		}
	}
}

// Follow reads a component again that Leave was told of, where its new process serves its metrics.
// What that has counted since it began is new.
func (s *Scraper) Follow(component, url string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, t := range s.targets {
		if t.Component == component && t.away {
			t.away, t.born, t.URL = false, true, url
		}
	}
}

// newborn returns what a process had counted when it began: nothing.
func newborn() *page { return &page{} }
