package csi

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a driver leaves a goroutine behind, also one that could not start.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
