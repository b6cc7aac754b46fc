package arena

import "syscall"

// hugePage is the alignment at which the system can use large pages: a cache of small ones spends as much time on address
// translation as on the memory itself.
const hugePage = 2 << 20

// mapMemory returns n bytes of zeroed memory that the garbage collector does not know, taken up when it is first touched.
// Without any it returns memory of the heap, for which unmapMemory does nothing.
func mapMemory(n int) (usable, whole []byte) {
	whole, err := syscall.Mmap(-1, 0, n+hugePage, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		return make([]byte, n), nil
	}
	skip := -addressOf(whole) & (hugePage - 1)
	usable = whole[skip : skip+uintptr(n) : skip+uintptr(n)]
	if n >= hugePage {
		_ = syscall.Madvise(usable, syscall.MADV_HUGEPAGE) // slower without
	}
	return usable, whole
}

func unmapMemory(whole []byte) {
	if whole != nil {
		_ = syscall.Munmap(whole)
	}
}
