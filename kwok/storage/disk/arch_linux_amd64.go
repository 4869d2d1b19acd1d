package disk

import "golang.org/x/sys/unix"

// auditArch is how the kernel names the architecture to a filter.
const auditArch = unix.AUDIT_ARCH_X86_64
