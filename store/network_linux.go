package store

import (
	"os"
	"path/filepath"
	"syscall"
)

// networkMagic are the numbers that statfs(2) gives for file systems of other
// machines (linux/magic.h and the sources of each).
var networkMagic = map[uint32]string{
	0x00006969: "NFS",
	0x0000517B: "SMB",
	0xFF534D42: "SMB", // cifs
	0xFE534D42: "SMB", // smb2
	0x01021997: "9P",
	0x5346414F: "AFS",
	0x6B414653: "AFS", // kafs
	0x73757245: "Coda",
	0x0000564C: "NCP",
	0x00C36400: "Ceph",
	0x0BD00BD0: "Lustre",
	0x47504653: "GPFS",
	0x786F4256: "a folder shared by VirtualBox",
}

// NetworkFileSystem names the network file system that a path is or would be on, ""
// when it is on none that is known. SQLite's log in shared memory does not work
// there, and its locks may not.
func NetworkFileSystem(path string) string {
	var s syscall.Statfs_t
	err := syscall.Statfs(path, &s)
	if os.IsNotExist(err) {
		err = syscall.Statfs(filepath.Dir(path), &s)
	}
	if err != nil {
		return ""
	}
	return networkMagic[uint32(s.Type)]
}
