package cluster

// Lend returns this cluster for one run that leaves it running: the run has a kwok and files of its own,
// in a directory that Remove deletes, and its Stop ends only what it has started itself. A component that
// is lost meanwhile is reported to the run. One run at a time may have it.
func (c *Cluster) Lend(directory string) (*Cluster, error) {
	lent, err := Open(c.directory, directory, c.binary)
	if err != nil {
		return nil, err
	}
	lent.kept, lent.lost = c, c.lost
	lent.disk, lent.interception = c.disk, c.interception
	return lent, nil
}
